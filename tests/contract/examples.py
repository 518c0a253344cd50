"""Holds every example of the contract against its schema, with schemathesis's own validator. Prints how many."""

import json
import sys

import jsonschema_rs

with open(sys.argv[1], encoding="utf-8") as file:
    contract = json.load(file)


def resolved(value):
    while isinstance(value, dict) and "$ref" in value:
        place = contract
        for name in value["$ref"].removeprefix("#/").split("/"):
            place = place[int(name) if isinstance(place, list) else name]
        value = place
    return value


def whole(value):
    """With what it refers to in its place."""
    value = resolved(value)
    if isinstance(value, dict):
        return {name: whole(one) for name, one in value.items()}
    return [whole(one) for one in value] if isinstance(value, list) else value


def hold(schema, value, what):
    whole_schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema]}
    validator = jsonschema_rs.validator_for(
        whole_schema | {"components": contract["components"]}, validate_formats=True
    )
    faults = [f"{what}: {error.message}" for error in validator.iter_errors(value)]
    if faults:
        sys.exit("\n".join(faults))
    held.append(what)


def hold_content(content, what):
    for name, example in content.get("examples", {}).items():
        hold(content["schema"], resolved(example)["value"], f"{what}, {name}")


held = []
for path, operations in contract["paths"].items():
    for method, operation in operations.items():
        what = f"{method} {path}"
        for parameter in map(resolved, operation["parameters"]):
            if "example" in parameter:
                hold(parameter["schema"], parameter["example"], f"{what}, {parameter['name']}")
        hold_content(operation.get("requestBody", {}).get("content", {}).get("application/json", {}), what)
        for status, response in operation["responses"].items():
            response = resolved(response)
            for name, header in response.get("headers", {}).items():
                header = resolved(header)
                if "example" in header:
                    hold(header["schema"], header["example"], f"{what}, {status}, {name}")
            hold_content(response.get("content", {}).get("application/json", {}), f"{what}, {status}")
        socket = operation.get("x-websocket", {})
        for name, turns in socket.get("examples", {}).items():
            nth = {"send": "first", "receive": "first"}
            for turn in turns:
                for way, message in turn.items():
                    hold(socket[way][nth[way]], whole(message), f"{what}, {name}")
                    nth[way] = "then"
print(len(held))
