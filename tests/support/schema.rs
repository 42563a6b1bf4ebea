//! The published JSON schemas, held against what is printed.

use std::fs;

use boon::{Compiler, Schemas};
use serde_json::{Value, json};

use crate::support::repository;

/// Fails unless `text` is what `docs/schema/NAME.schema.json` describes: no field is missing, and none is undescribed.
#[track_caller]
pub(crate) fn holds(name: &str, text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let path = repository().join(format!("docs/schema/{name}.schema.json"));
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    // The published schema lets new fields come; what is printed today is to be described in full.
    forbid_undescribed(&mut schema);
    let mut compiler = Compiler::new();
    compiler.enable_format_assertions();
    compiler.add_resource("schema.json", schema).unwrap();
    let mut schemas = Schemas::new();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(&document, index) {
        panic!("{error:#}\n{document:#}");
    }
    document
}

fn forbid_undescribed(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") && fields.contains_key("required") {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            fields.values_mut().for_each(forbid_undescribed);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_undescribed),
        _ => {}
    }
}
