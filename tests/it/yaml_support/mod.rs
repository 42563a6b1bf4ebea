//! Readers that know nothing of the document under test.

#![allow(dead_code, reason = "each test uses a part")]

pub(crate) mod generate;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;
use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value as Json};

/// What libyaml, in its Rust port, reads.
pub(crate) fn read_with_libyaml(text: &str) -> Result<Json, String> {
    let value: serde_yaml::Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    Ok(json_of_libyaml(&value))
}

pub(crate) fn json_of_libyaml(value: &serde_yaml::Value) -> Json {
    use serde_yaml::Value;
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::from(*value),
        Value::Number(number) => number_of(&number.to_string()),
        Value::String(text) => Json::from(text.as_str()),
        Value::Sequence(items) => items.iter().map(json_of_libyaml).collect(),
        Value::Mapping(mapping) => mapping
            .iter()
            .map(|(key, value)| (key_of(&json_of_libyaml(key)), json_of_libyaml(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Tagged(tagged) => json_of_libyaml(&tagged.value),
    }
}

/// What saphyr reads.
pub(crate) fn read_with_saphyr(text: &str) -> Result<Json, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    match documents.as_slice() {
        [] => Ok(Json::Null),
        [document] => json_of_saphyr(document),
        _ => Err("several documents".to_owned()),
    }
}

fn json_of_saphyr(value: &Yaml<'_>) -> Result<Json, String> {
    Ok(match value {
        Yaml::Value(Scalar::Null) => Json::Null,
        Yaml::Value(Scalar::Boolean(value)) => Json::from(*value),
        Yaml::Value(Scalar::Integer(value)) => Json::from(*value),
        Yaml::Value(Scalar::FloatingPoint(value)) => number_of(&value.to_string()),
        Yaml::Value(Scalar::String(text)) => Json::from(text.as_ref()),
        Yaml::Sequence(items) => {
            Json::Array(items.iter().map(json_of_saphyr).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(mapping) => {
            let mut object = Map::new();
            for (key, value) in mapping {
                object.insert(key_of(&json_of_saphyr(key)?), json_of_saphyr(value)?);
            }
            Json::Object(object)
        }
        Yaml::Tagged(_, inner) => json_of_saphyr(inner)?,
        other => return Err(format!("cannot read {other:?}")),
    })
}

fn key_of(key: &Json) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}

fn number_of(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::from(text))
}

/// 600 files for each property, others each time; `PROPTEST_CASES` asks for more, and `.ci/run` does. A failing test shows the seed to repeat it with.
pub(crate) fn config() -> ProptestConfig {
    let from_environment = ProptestConfig::default();
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let seed = match from_environment.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0),
    };
    println!("to repeat: PROPTEST_RNG_SEED={seed}");
    ProptestConfig {
        cases: if asked { from_environment.cases } else { 600 },
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_global_rejects: u32::MAX,
        ..from_environment
    }
}
