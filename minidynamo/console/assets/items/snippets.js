// A request as a program would make it: boto3, the command line of AWS, JavaScript.
const METHODS = { Query: "query", Scan: "scan", ExecuteStatement: "execute_statement" };

function asPython(value, indent = "") {
  const inner = indent + "    ";
  if (value === true || value === false) return value ? "True" : "False";
  if (value === null) return "None";
  if (Array.isArray(value)) return `[${value.map((each) => asPython(each, inner)).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${asPython(each, inner)}`).join(", ")}}`;
  return JSON.stringify(value);
}

export function asBoto3(operation, request) {
  const lines = Object.entries(request).map(([name, value]) => `    ${name}=${asPython(value)},`);
  return `import boto3\n\nclient = boto3.client("dynamodb", endpoint_url="${location.origin}")\nresponse = client.${METHODS[operation]}(\n${lines.join("\n")}\n)\n`;
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const dashed = (name) => name.replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();

export function asCli(operation, request) {
  const words = Object.entries(request).map(([name, value]) => {
    const option = `--${dashed(name)}`;
    if (value === true) return option;
    if (value === false) return `--no-${dashed(name)}`;
    return `${option} ${typeof value === "object" ? quoted(JSON.stringify(value)) : quoted(String(value))}`;
  });
  return `aws dynamodb ${dashed(operation)} --endpoint-url ${location.origin} \\\n  ${words.join(" \\\n  ")}\n`;
}

export function asJavaScript(operation, request) {
  const body = JSON.stringify(request, null, 2).replace(/^( *)"([A-Za-z]+)":/gm, "$1$2:");
  return `import { DynamoDBClient, ${operation}Command } from "@aws-sdk/client-dynamodb";\n\nconst client = new DynamoDBClient({ endpoint: "${location.origin}" });\nconst response = await client.send(new ${operation}Command(${body}));\n`;
}
