// The codes of failures: what the types say, and what the API's contract says.

import { readFileSync } from "node:fs";

const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

/** `own`: of `OwnCode`; `known`: what `ErrorCode` lists beside those; `theirs`: the contract's. */
export function codes() {
  const types = read("src/types.ts");
  const listed = (name) => {
    const [, list] = new RegExp(`^export type ${name} =([^;]+);`, "m").exec(types);
    return [...list.matchAll(/\| (?:"(\w+)"|(\w+))/g)].map(([, code, type]) => code ?? type);
  };
  const { enum: theirs } = JSON.parse(read("../../src/api/openapi.json")).components.schemas.Error.properties.error
    .properties.code;
  return { own: listed("OwnCode"), known: listed("ErrorCode"), theirs };
}
