//! Distinguished names as text, whatever kind of string they are written in.

use x509_parser::der_parser::asn1_rs::{Any, Tag};
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::shown::{hex, printable};

/// A name as one line (`C=US, O=Acme, CN=Acme Root`), control characters replaced.
pub(super) fn shown(name: &X509Name<'_>) -> String {
    let attribute = |one: &AttributeTypeAndValue<'_>| {
        let kind = oid2abbrev(one.attr_type(), oid_registry());
        let kind = kind.map_or_else(|_| one.attr_type().to_id_string(), str::to_owned);
        format!("{kind}={}", text(one.attr_value()))
    };
    let relative = name.iter().map(|relative| {
        let attributes: Vec<String> = relative.iter().map(attribute).collect();
        attributes.join(" + ")
    });
    printable(&relative.collect::<Vec<_>>().join(", "))
}

/// The first common name.
pub(super) fn common(name: &X509Name<'_>) -> Option<String> {
    let first = name.iter_common_name().next()?;
    Some(printable(&text(first.attr_value())))
}

/// The characters of a string of any kind that a name may have (X.520); what is no string as hex.
fn text(value: &Any<'_>) -> String {
    let bytes = value.data;
    let of_units = |size: usize| {
        let units = bytes.chunks(size).map(|unit| {
            let number = unit
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte));
            char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
        });
        units.collect()
    };
    match value.tag() {
        Tag::BmpString => of_units(2),
        Tag::UniversalString => of_units(4),
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::Ia5String
        | Tag::NumericString
        | Tag::VisibleString
        | Tag::GeneralString
        | Tag::T61String => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            // What writes a T61String means Latin-1 by it, and so does what reads it (OpenSSL's `ASN1_STRING_to_UTF8`).
            Err(_) => of_units(1),
        },
        _ => hex(bytes),
    }
}
