//! What must not be edited in place.

use serde_yaml::{Mapping, Value};

use super::edit::Editor;
use super::gap;
use super::node::{Entry, Kind, Node};
use super::values;
use super::{Path, Position, YamlError};

impl Editor<'_> {
    /// Refuses what must not be changed in place: aliases, anchors that others repeat, and tags.
    pub(super) fn check_editable(&self, node: &Node, path: &Path) -> Result<(), YamlError> {
        let at = node.position(self.text);
        if let Kind::Alias(id) = node.kind {
            let anchored = self.tree.anchored().remove(&id);
            return Err(YamlError::AliasInTheWay {
                at,
                path: path.clone(),
                alias: gap::slice(self.text, node.content.start, node.content.end).to_owned(),
                anchor_at: anchored.map_or(at, |node| node.position(self.text)),
            });
        }
        if let Some(anchor) = &node.anchor
            && let Some(alias) = self.tree.alias_of(anchor, &node.content)
        {
            return Err(YamlError::SharedAnchor {
                at,
                path: path.clone(),
                anchor: anchor.name.clone(),
                alias_at: Position::of(self.text, alias),
            });
        }
        match &node.tag {
            Some(tag) if !tag.is_collection => Err(YamlError::TagInTheWay {
                at,
                path: path.clone(),
                tag: tag.text.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses to take away what aliases elsewhere repeat.
    pub(super) fn check_removable(&self, node: &Node, path: &Path) -> Result<(), YamlError> {
        let whole = node.start..node.content.end;
        let mut shared = None;
        node.walk(&mut |inner| {
            if let Some(anchor) = &inner.anchor
                && let Some(alias) = self.tree.alias_of(anchor, &whole)
            {
                shared.get_or_insert((inner, anchor, alias));
            }
        });
        match shared {
            None => Ok(()),
            Some((inner, anchor, alias)) => Err(YamlError::SharedAnchor {
                at: inner.position(self.text),
                path: path.clone(),
                anchor: anchor.name.clone(),
                alias_at: Position::of(self.text, alias),
            }),
        }
    }

    /// Refuses to rewrite a mapping that has a merge key: it is unclear which keys should stay inherited.
    pub(super) fn check_no_merge(&self, entries: &[Entry], path: &Path) -> Result<(), YamlError> {
        match entries.iter().find(|entry| entry.is_merge()) {
            None => Ok(()),
            Some(merge) => Err(YamlError::InheritedKey {
                at: merge.key.position(self.text),
                path: path.clone(),
            }),
        }
    }

    /// Refuses a key that the mapping gets, or would get, through `<<`.
    pub(super) fn check_not_inherited(
        &self,
        entries: &[Entry],
        raw: &Value,
        key: &str,
        depth: usize,
    ) -> Result<(), YamlError> {
        let Some(merge) = entries.iter().find(|entry| entry.is_merge()) else {
            return Ok(());
        };
        let mut only_merged = Mapping::new();
        if let Some(merged) = raw.as_mapping().and_then(|mapping| mapping.get("<<")) {
            only_merged.insert(Value::from("<<"), merged.clone());
        }
        let inherited = values::resolve_merges(&Value::Mapping(only_merged));
        let is_inherited = inherited
            .as_ref()
            .and_then(Value::as_mapping)
            .is_none_or(|mapping| mapping.contains_key(key));
        if !is_inherited {
            return Ok(());
        }
        Err(YamlError::InheritedKey {
            at: merge.key.position(self.text),
            path: self.prefix(depth).then(key),
        })
    }
}
