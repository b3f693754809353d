// The texts of a page that are too faint: what they say, with the contrast that they have and the one that they need.
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parts = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = (top, below) => top.slice(0, 3).map((each, index) => (each * top[3] + below[index] * (255 - top[3])) / 255);
  const behind = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) layers.push(parts(getComputedStyle(each).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), parts("Canvas"));
  };
  const light = (colour) => {
    const [red, green, blue] = colour.map((each) => (each / 255 <= 0.04045 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".hidden, option, :disabled");
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((each) => each.nodeType === Node.TEXT_NODE).map((each) => each.data.trim()).join("");
    if (!text || !isShown(element) || element instanceof SVGElement) continue;
    const style = getComputedStyle(element);
    const below = behind(element);
    const colour = parts(style.color);
    colour[3] *= Number(style.opacity);
    const [one, two] = [light(over(colour, below)), light(below)];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (isLarge ? 3 : 4.5) - 0.01) found.push(`${text.slice(0, 40)}: ${contrast.toFixed(2)} (${element.className})`);
  }
  return [...new Set(found)];
}
