//! JSON Schema, as much of it as the contract uses: so that an answer is held against its own document.

use serde_json::Value;

/// Why a value is not of this schema; the contract holds what it refers to.
pub(crate) fn fault(contract: &Value, schema: &Value, value: &Value) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let found = contract.pointer(name.trim_start_matches('#'));
        return fault(contract, found.unwrap_or_else(|| panic!("{name} is nowhere")), value);
    }
    let wrong = |why: String| Some(format!("{why}: {value}"));
    if let Some(one) = schema["oneOf"].as_array() {
        let fits = one.iter().filter(|schema| fault(contract, schema, value).is_none()).count();
        return if fits == 1 { None } else { wrong(format!("fits {fits} of {}", one.len())) };
    }
    if schema.get("const").is_some_and(|constant| constant != value) {
        return wrong(format!("not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
        return wrong(format!("none of {}", schema["enum"]));
    }
    let kind = &schema["type"];
    let kinds: Vec<&str> =
        kind.as_array().into_iter().flatten().chain([kind]).filter_map(Value::as_str).collect();
    if !kinds.is_empty() && !kinds.iter().any(|kind| is_a(kind, value)) {
        return wrong(format!("no {kinds:?}"));
    }
    match value {
        Value::Object(fields) => {
            let known = &schema["properties"];
            let missing = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            if let Some(name) = missing.into_iter().find(|name| !fields.contains_key(*name)) {
                return wrong(format!("without {name}"));
            }
            fields.iter().find_map(|(name, field)| match known.get(name) {
                Some(schema) => fault(contract, schema, field).map(|why| format!("{name}: {why}")),
                None if schema["additionalProperties"] == false => Some(format!("{name} is unknown")),
                None => None,
            })
        }
        Value::Array(items) => {
            let bound = |name: &str| schema[name].as_u64().map(|bound| bound as usize);
            if bound("minItems").is_some_and(|least| items.len() < least)
                || bound("maxItems").is_some_and(|most| items.len() > most)
            {
                return Some(format!("{} items", items.len()));
            }
            items.iter().find_map(|item| fault(contract, &schema["items"], item))
        }
        Value::Number(number) => {
            let below = schema["minimum"].as_f64().is_some_and(|least| number.as_f64() < Some(least));
            let above = schema["maximum"].as_f64().is_some_and(|most| number.as_f64() > Some(most));
            if below || above { wrong("out of bounds".to_owned()) } else { None }
        }
        Value::String(text) => {
            let longest = schema["maxLength"].as_u64().unwrap_or(u64::MAX) as usize;
            if text.chars().count() > longest { wrong("too long".to_owned()) } else { None }
        }
        Value::Null | Value::Bool(_) => None,
    }
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        _ => panic!("{kind} is no type"),
    }
}
