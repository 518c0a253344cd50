//! The contract, and whether an answer is one that it has.

use std::sync::OnceLock;

use kyso::domain::error::ErrorCode;
use serde_json::{Map, Value};

use super::http::Reply;
use super::schema::fault;

/// The OpenAPI document.
pub(crate) fn contract() -> &'static Value {
    static CONTRACT: OnceLock<Value> = OnceLock::new();
    CONTRACT.get_or_init(|| serde_json::from_str(kyso::api::OPENAPI).unwrap())
}

/// What a `$ref` names; anything else as it is.
pub(crate) fn resolved(value: &Value) -> &Value {
    match value["$ref"].as_str() {
        Some(name) => {
            let found = contract().pointer(name.trim_start_matches('#'));
            resolved(found.unwrap_or_else(|| panic!("{name} is nowhere")))
        }
        None => value,
    }
}

/// Every operation, with its method and its path.
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    contract()["paths"].as_object().unwrap().iter().flat_map(|(path, operations)| {
        let operations = operations.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}

/// A named group of an operation's or a response's, each with what it refers to.
pub(crate) fn each(group: &Value) -> impl Iterator<Item = (&str, &Value)> {
    group.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), resolved(value)))
}

/// The operation of this method, if the path has it.
pub(crate) fn operation(method: &str, path: &str) -> Option<&'static Value> {
    operations().find(|(own, at, _)| own.eq_ignore_ascii_case(method) && *at == path).map(|(.., found)| found)
}

/// The codes that a description names.
pub(crate) fn codes(described: &Value) -> Vec<ErrorCode> {
    described["description"].as_str().unwrap().split('`').filter_map(ErrorCode::parse).collect()
}

/// Asserts that an operation has this answer: its status, its shape, for an error its code.
pub(crate) fn is_documented(operation: &Value, status: u16, body: &[u8], what: &str) {
    let documented = each(&operation["responses"]).find(|(known, _)| *known == status.to_string());
    let (_, documented) = documented.unwrap_or_else(|| panic!("{what}: {status} is not documented"));
    let Some(schema) = documented.pointer("/content/application~1json/schema") else {
        assert!(body.is_empty(), "{what}: a body that is not documented");
        return;
    };
    let body: Value = serde_json::from_slice(body).unwrap();
    if let Some(why) = fault(contract(), schema, &body) {
        panic!("{what}: {why}");
    }
    if let Some(code) = body["error"]["code"].as_str() {
        let code = ErrorCode::parse(code).expect("a code");
        assert!(codes(documented).contains(&code), "{what}: {code} is not documented");
    }
}

/// Asserts that an answer over HTTP is one that the contract has for this request: with the headers that it has for it
/// and no other, and an error as its example has it.
pub(crate) fn held_to(reply: &Reply, request: &[u8]) {
    let head = String::from_utf8_lossy(request);
    let mut line = head.split(' ');
    let (method, target) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    let what = format!("{method} {path}: {}", reply.status);
    if let Some(operation) = operation(method, path) {
        is_documented(operation, reply.status, &reply.body, &what);
    }
    let headers = headers(method, path, reply.status);
    for name in reply.names().filter(|name| !OF_HTTP.contains(name)) {
        assert!(headers.keys().any(|known| known.eq_ignore_ascii_case(name)), "R17: {what}: {name}");
    }
    for (name, header) in &headers {
        let header = resolved(header);
        let value = reply.header(&name.to_ascii_lowercase());
        let due = match name.as_str() {
            "Retry-After" => codes(header).iter().any(|code| code.as_str() == reply.code()),
            _ => header["required"] == true,
        };
        assert!(value.is_some() || !due, "{what}: no {name}");
        assert!(due || name != "Retry-After" || value.is_none(), "{what}: {} has {name}", reply.code());
        let Some(value) = value else { continue };
        let number = header["schema"]["type"] == "integer";
        let value = if number { value.parse::<u64>().unwrap().into() } else { Value::from(value) };
        assert_eq!(fault(contract(), &header["schema"], &value), None, "{what}: {name}");
    }
    let ours = contract()["paths"].get(path).filter(|_| ["GET", "POST", "DELETE"].contains(&method));
    if let (405, Some(operations)) = (reply.status, ours) {
        let methods = operations.as_object().unwrap().keys().map(|method| method.to_uppercase() + ", ");
        assert_eq!(reply.header("allow"), Some(&*(methods.collect::<String>() + "OPTIONS")), "{what}");
    }
    let error = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default()["error"].take();
    if let Some(example) = contract()["components"]["examples"].get(reply.code()) {
        assert_eq!(error["retry"], example["value"]["error"]["retry"], "{what}");
        let said = &error["message"];
        assert!(
            [&example["value"]["error"]["message"], &example["summary"]].contains(&said),
            "{what}: {said}"
        );
    }
}

/// The headers that the contract has for an answer, by name.
fn headers(method: &str, path: &str, status: u16) -> Map<String, Value> {
    let of = |operation: &'static Value| {
        each(&operation["responses"]).find(|(known, _)| *known == status.to_string())
    };
    let own = operation(method, path).and_then(of);
    // Of a method that the path does not have, or a path that is not there: as everywhere.
    let response = own.or_else(|| operations().find_map(|(.., operation)| of(operation)));
    let response = match (method, status) {
        ("OPTIONS", 204) => &contract()["x-preflight"]["204"],
        _ => response.map_or(&Value::Null, |(_, response)| response),
    };
    let mut headers = contract()["x-every-response"]["headers"].as_object().unwrap().clone();
    headers.extend(response["headers"].as_object().cloned().unwrap_or_default());
    headers
}

/// What HTTP itself has in an answer, and OpenAPI's `content` says.
const OF_HTTP: [&str; 3] = ["content-length", "content-type", "date"];
