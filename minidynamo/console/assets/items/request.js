// Requests from what a form holds, as DynamoDB takes them.
export const OPERATORS = [["=", "="], ["<", "<"], ["<=", "≤"], [">", ">"], [">=", "≥"], ["BETWEEN", "between"], ["begins_with", "begins with"]];
export const FILTERS = [["=", "="], ["<>", "≠"], ["<", "<"], ["<=", "≤"], [">", ">"], [">=", "≥"], ["BETWEEN", "between"], ["begins_with", "begins with"], ["contains", "contains"], ["attribute_exists", "exists"], ["attribute_not_exists", "is missing"]];
export const LIMITS = [25, 50, 100, 250];

export function emptyForm(shape, index = "") {
  const statement = `SELECT * FROM "${shape.name}"${index ? `."${index}"` : ""}`;
  return { mode: "scan", index, keys: {}, operator: "=", other: "", filters: [], descending: false, consistent: false, limit: 50, statement };
}

export const keyOf = (shape, index) => (index ? (shape.indexes.find((each) => each.name === index) || shape).key : shape.key);

class Words {
  names = {};
  values = {};
  name(text) {
    const known = Object.keys(this.names).find((each) => this.names[each] === text);
    const short = known || `#${Object.keys(this.names).length}`;
    this.names[short] = text;
    return short;
  }
  value(type, text) {
    const short = `:${Object.keys(this.values).length}`;
    this.values[short] = typed(type, text);
    return short;
  }
}

export function typed(type, text) {
  if (type === "BOOL") return { BOOL: text === "true" };
  if (type === "NULL") return { NULL: true };
  return { [type]: text };
}

function clause(words, attribute, operator, type, text, other) {
  const name = words.name(attribute);
  if (operator === "attribute_exists" || operator === "attribute_not_exists") return `${operator}(${name})`;
  const value = words.value(type, text);
  if (operator === "BETWEEN") return `${name} BETWEEN ${value} AND ${words.value(type, other)}`;
  if (operator === "begins_with" || operator === "contains") return `${operator}(${name}, ${value})`;
  return `${name} ${operator} ${value}`;
}

export function requestOf(form, shape) {
  if (form.mode === "statement") return ["ExecuteStatement", { Statement: form.statement, Limit: form.limit }];
  const words = new Words();
  const request = { TableName: shape.name, Limit: form.limit };
  if (form.index) request.IndexName = form.index;
  if (form.consistent) request.ConsistentRead = true;
  if (form.mode === "query") {
    const clauses = [];
    for (const [name, type, role] of keyOf(shape, form.index)) {
      const text = form.keys[name] || "";
      if (role === "HASH") clauses.push(clause(words, name, "=", type, text));
      else if (text !== "") clauses.push(clause(words, name, form.operator, type, text, form.other));
    }
    request.KeyConditionExpression = clauses.join(" AND ");
    if (form.descending) request.ScanIndexForward = false;
  }
  const filters = form.filters;
  if (filters.some((each) => !each.attribute)) throw new Error("A filter has no attribute: name one, or take the filter away.");
  if (filters.length) request.FilterExpression = filters.map((each) => clause(words, each.attribute, each.operator, each.type, each.value, each.other)).join(" AND ");
  if (Object.keys(words.names).length) request.ExpressionAttributeNames = words.names;
  if (Object.keys(words.values).length) request.ExpressionAttributeValues = words.values;
  return [form.mode === "query" ? "Query" : "Scan", request];
}

export function titleOf(form) {
  if (form.mode === "statement") return form.statement.slice(0, 60);
  const keys = form.mode === "query" ? Object.entries(form.keys).filter(([, text]) => text).map(([name, text]) => `${name} ${text}`) : [];
  const filters = form.filters.filter((each) => each.attribute).map((each) => `${each.attribute} ${each.operator} ${each.value}`);
  return `${form.mode}${form.index ? ` ${form.index}` : ""} ${[...keys, ...filters].join(", ")}`.slice(0, 70);
}
