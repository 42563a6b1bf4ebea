//! Which items of two lists belong together.

use std::ops::Range;

use serde_yaml::{Mapping, Value};

/// How the items of two lists are matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matching {
    /// Items with the same index belong together; what is longer is added or removed at the end.
    ByIndex,
    /// Items that are equal, or have the same name, belong together; order is kept.
    ByContent,
}

/// The index of an old item and of the new item that belongs to it; one is missing for a removal or an addition.
pub(super) type Pair = (Option<usize>, Option<usize>);

/// More comparisons than this are not worth a better match.
const MAX_COMPARISONS: usize = 250_000;

/// Item by item from the start.
pub(super) fn by_index(old: usize, new: usize) -> Vec<Pair> {
    (0..old.max(new))
        .map(|at| ((at < old).then_some(at), (at < new).then_some(at)))
        .collect()
}

/// Equal items at both ends, then the longest common run of alike items between. What lies between two matches is
/// rewritten in place, item by item; `keeps_apart` says which items are removed and added anew instead.
pub(super) fn by_content(
    old: &[Value],
    new: &[Value],
    is_same: impl Fn(&Value, &Value) -> bool,
    keeps_apart: impl Fn(&Value, &Value) -> bool,
) -> Vec<Pair> {
    let matches = matches(old, new, is_same);
    let mut pairs = Vec::new();
    let (mut from, mut to) = (0, 0);
    for (next_from, next_to) in matches {
        while from < next_from
            && to < next_to
            && let (Some(old), Some(new)) = (old.get(from), new.get(to))
            && !keeps_apart(old, new)
        {
            pairs.push((Some(from), Some(to)));
            from += 1;
            to += 1;
        }
        pairs.extend((from..next_from).map(|from| (Some(from), None)));
        pairs.extend((to..next_to).map(|to| (None, Some(to))));
        if next_from < old.len() {
            pairs.push((Some(next_from), Some(next_to)));
        }
        (from, to) = (next_from + 1, next_to + 1);
    }
    pairs
}

/// The items that belong together, in order, and the ends of both lists.
fn matches(
    old: &[Value],
    new: &[Value],
    is_same: impl Fn(&Value, &Value) -> bool,
) -> Vec<(usize, usize)> {
    let head = old
        .iter()
        .zip(new)
        .take_while(|(old, new)| is_same(old, new))
        .count();
    let (old_rest, new_rest) = (old.iter().skip(head), new.iter().skip(head));
    let tail = old_rest
        .rev()
        .zip(new_rest.rev())
        .take_while(|(old, new)| is_same(old, new))
        .count();
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let mut matches: Vec<(usize, usize)> = (0..head).map(|at| (at, at)).collect();
    if (old_end - head).saturating_mul(new_end - head) <= MAX_COMPARISONS {
        let alike = |from: usize, to: usize| match (old.get(from), new.get(to)) {
            (Some(old), Some(new)) => is_same(old, new) || have_same_name(old, new),
            _ => false,
        };
        matches.extend(longest_common(head..old_end, head..new_end, alike));
    }
    matches.extend((0..tail).map(|at| (old_end + at, new_end + at)));
    matches.push((old.len(), new.len()));
    matches
}

/// Both are mappings whose first key, of either, has the same text in both: `name`, `alias`, `key`, …
fn have_same_name(old: &Value, new: &Value) -> bool {
    let (Value::Mapping(old), Value::Mapping(new)) = (old, new) else {
        return false;
    };
    let names = |one: &Mapping, other: &Mapping| {
        one.iter()
            .next()
            .is_some_and(|(key, value)| value.is_string() && other.get(key) == Some(value))
    };
    names(old, new) || names(new, old)
}

/// The longest common subsequence of two ranges.
fn longest_common(
    old: Range<usize>,
    new: Range<usize>,
    alike: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let (rows, columns) = (old.len() + 1, new.len() + 1);
    // lengths[row][column]: the longest common run of what follows row and column.
    let mut lengths = vec![0_usize; rows * columns];
    let mut matched = vec![false; rows * columns];
    let get = |lengths: &[usize], row: usize, column: usize| {
        lengths.get(row * columns + column).copied().unwrap_or(0)
    };
    for row in (0..old.len()).rev() {
        for column in (0..new.len()).rev() {
            let is_match = alike(old.start + row, new.start + column);
            let length = if is_match {
                get(&lengths, row + 1, column + 1) + 1
            } else {
                get(&lengths, row + 1, column).max(get(&lengths, row, column + 1))
            };
            if let (Some(slot), Some(flag)) = (
                lengths.get_mut(row * columns + column),
                matched.get_mut(row * columns + column),
            ) {
                *slot = length;
                *flag = is_match;
            }
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut common = Vec::new();
    while row < old.len() && column < new.len() {
        if matched
            .get(row * columns + column)
            .copied()
            .unwrap_or_default()
        {
            common.push((old.start + row, new.start + column));
            row += 1;
            column += 1;
        } else if get(&lengths, row + 1, column) >= get(&lengths, row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(old: &str, new: &str) -> Vec<Pair> {
        let list = |text: &str| -> Vec<Value> { serde_yaml::from_str(text).unwrap() };
        by_content(
            &list(old),
            &list(new),
            |old, new| old == new,
            |old, _| old.is_mapping(),
        )
    }

    #[test]
    fn what_is_equal_stays_and_the_rest_is_rewritten_in_place() {
        assert_eq!(
            pairs("[a, b, c]", "[a, x, c]"),
            [(Some(0), Some(0)), (Some(1), Some(1)), (Some(2), Some(2))]
        );
    }

    #[test]
    fn additions_and_removals_are_found_anywhere() {
        assert_eq!(
            pairs("[a, b]", "[x, a, b]"),
            [(None, Some(0)), (Some(0), Some(1)), (Some(1), Some(2))]
        );
        assert_eq!(
            pairs("[a, b]", "[b]"),
            [(Some(0), None), (Some(1), Some(0))]
        );
        assert_eq!(pairs("[a]", "[]"), [(Some(0), None)]);
    }

    #[test]
    fn mappings_with_the_same_name_belong_together_and_others_do_not() {
        assert_eq!(
            pairs(
                "[{name: a, v: 1}, {name: b}]",
                "[{name: b}, {name: a, v: 2}]"
            ),
            [(Some(0), None), (Some(1), Some(0)), (None, Some(1))]
        );
        assert_eq!(
            pairs("[{name: a}]", "[{name: b}]"),
            [(Some(0), None), (None, Some(0))]
        );
    }
}
