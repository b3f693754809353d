// The document client of the JavaScript SDK: the cast of a movie by the beginning of the actors' names.
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import {
  BatchWriteCommand, DynamoDBDocumentClient, PutCommand, QueryCommand, TransactWriteCommand, UpdateCommand,
} from "@aws-sdk/lib-dynamodb";

const client = new DynamoDBClient({
  endpoint: process.argv[2], region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" },
});
const documents = DynamoDBDocumentClient.from(client);
const TableName = "MovieCast";
await client.send(new CreateTableCommand({
  TableName,
  KeySchema: [{ AttributeName: "movieId", KeyType: "HASH" }, { AttributeName: "actorName", KeyType: "RANGE" }],
  AttributeDefinitions: [
    { AttributeName: "movieId", AttributeType: "N" }, { AttributeName: "actorName", AttributeType: "S" },
  ],
  BillingMode: "PAY_PER_REQUEST",
}));
await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName });
const names = ["Alice Fox", "Alan Gold", "Bob Hill", "Zoë Ünal"];
await documents.send(new BatchWriteCommand({
  RequestItems: {
    [TableName]: names.map((actorName) => ({
      PutRequest: { Item: { movieId: 848326, actorName, roles: ["a", "b"], photo: new Uint8Array([0, 255]) } },
    })),
  },
}));
const page = await documents.send(new QueryCommand({
  TableName,
  KeyConditionExpression: "movieId = :m and begins_with(actorName, :a)",
  ExpressionAttributeValues: { ":m": 848326, ":a": "Al" },
}));
console.log(JSON.stringify(page.Items.map((item) => [item.actorName, item.roles, [...item.photo]])));
const updated = await documents.send(new UpdateCommand({
  TableName,
  Key: { movieId: 848326, actorName: "Zoë Ünal" },
  UpdateExpression: "SET awards = if_not_exists(awards, :zero) + :one",
  ExpressionAttributeValues: { ":zero": 0, ":one": 1 },
  ReturnValues: "ALL_NEW",
}));
console.log(updated.Attributes.awards);
try {
  await documents.send(new PutCommand({
    TableName, Item: { movieId: 848326, actorName: "Bob Hill" }, ConditionExpression: "attribute_not_exists(movieId)",
  }));
} catch (error) {
  console.log(error.name, error.$metadata.httpStatusCode, error.$metadata.requestId.length);
}
try {
  await documents.send(new TransactWriteCommand({
    TransactItems: [{ Put: {
      TableName, Item: { movieId: 1, actorName: "x" }, ConditionExpression: "attribute_exists(movieId)",
    } }],
  }));
} catch (error) {
  console.log(error.name, error.CancellationReasons[0].Code);
}
