// A real OpenID Connect provider for the tests: oidc-provider with two people and one client.
// Arguments: the folder of node_modules, the port, the redirect address of the client.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import path from "node:path";

const [modules, port, redirect] = process.argv.slice(2);
const entry = path.join(modules, "oidc-provider", "lib", "index.js");
const { default: Provider } = await import(pathToFileURL(entry).href);

const PEOPLE = {
  wang: { staff_no: "S001", email: "wang@example.com", email_verified: true },
  stranger: { staff_no: "S999", email: "clerk@example.com", email_verified: false },
};
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "baozhen",
      client_secret: "a-secret-of-the-tests-only",
      redirect_uris: [redirect],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: ["staff_no"], email: ["email", "email_verified"] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: true } },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
