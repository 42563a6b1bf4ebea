//! Cases that nobody thought of: defects, keys, names and chains combined at random, the same for the same seed.

use super::Case;
use super::changes::{ADDRESSES, ANY, API, CA, Change, KEYS, LEAF, NAMES};
use super::keys::{Kind, key};
use crate::support::authority::{Issued, Recipe, authority, server};

/// `SplitMix64` (Steele, Lea, Flood 2014): the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Whether a chance of one in `of` came true.
    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }
}

/// The case of this number. What it consists of is told by its name.
pub(crate) fn case(seed: u64) -> Case {
    let mut maker = Maker {
        dice: Dice(seed),
        story: Vec::new(),
        place: 0,
    };
    let (trust, chain, host) = maker.make();
    Case {
        name: format!("#{seed}: {}", maker.story.join("; ")),
        trust,
        chain,
        host,
    }
}

struct Maker {
    dice: Dice,
    story: Vec<String>,
    /// How many certificates were made: each has a key of its own.
    place: usize,
}

impl Maker {
    fn make(&mut self) -> (Vec<Issued>, Vec<Issued>, &'static str) {
        let (leaf, host) = self.leaf();
        let depth = self.dice.pick(&[0, 1, 1, 2, 2, 2, 2, 3, 3, 4]);
        if depth == 0 {
            self.tell("signs itself");
            let own = leaf.self_signed();
            let mut trust = vec![own.clone()];
            self.add_strangers(&mut trust, "trusted");
            return (trust, vec![own], host);
        }
        // From the root down.
        let root_recipe = self.authority("Root", 3);
        let root = root_recipe.self_signed();
        let mut authorities = vec![root.clone()];
        let mut recipes = vec![root_recipe];
        for number in 1..depth {
            let recipe = self.authority(&format!("CA {number}"), 3);
            let issued = recipe.issued_by(&authorities[number - 1]);
            authorities.push(issued);
            recipes.push(recipe);
        }
        let leaf = leaf.issued_by(&authorities[depth - 1]);
        // The presented chain goes from the leaf up, without the root.
        let mut chain: Vec<Issued> = authorities[1..].iter().rev().cloned().collect();
        let mut trust = vec![root];
        self.cross_sign(&mut trust, &mut chain, &recipes);
        self.arrange_trust(&mut trust, &authorities, &leaf);
        self.arrange_chain(&mut chain, &authorities[0], &leaf);
        chain.insert(0, leaf);
        (trust, chain, host)
    }

    fn tell(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    fn leaf(&mut self) -> (Recipe, &'static str) {
        let mut recipe = server("localhost");
        let host = match self.dice.below(10) {
            0..6 => "localhost",
            6..9 => {
                let (name, change) = self.dice.pick(NAMES);
                self.tell(format!("leaf for {API}: {name}"));
                recipe = change(recipe);
                API
            }
            _ => {
                let (name, change) = self.dice.pick(ADDRESSES);
                self.tell(format!("leaf for 127.0.0.1: {name}"));
                recipe = change(recipe);
                "127.0.0.1"
            }
        };
        (self.spoil(recipe, "leaf", LEAF, 3), host)
    }

    fn authority(&mut self, name: &str, odds: usize) -> Recipe {
        let recipe = authority(&format!("Acme {name}"));
        self.spoil(recipe, name, CA, odds)
    }

    /// Another key, and up to two defects, each with a chance of one in `odds`.
    fn spoil(&mut self, mut recipe: Recipe, who: &str, own: &[Change], odds: usize) -> Recipe {
        let kind = if self.dice.one_in(3) {
            self.dice.pick(KEYS)
        } else {
            Kind::P256
        };
        if kind != Kind::P256 {
            self.tell(format!("{who} {kind:?}"));
        }
        recipe = recipe.key(key(kind, self.place));
        self.place += 1;
        for _ in 0..2 {
            if self.dice.one_in(odds) {
                let from = if self.dice.one_in(2) { own } else { ANY };
                let (name, change) = self.dice.pick(from);
                self.tell(format!("{who} {name}"));
                recipe = change(recipe);
            }
        }
        recipe
    }

    /// Sometimes another root has signed the same CA, or the root's own key has another certificate.
    fn cross_sign(&mut self, trust: &mut Vec<Issued>, chain: &mut Vec<Issued>, recipes: &[Recipe]) {
        if !self.dice.one_in(4) {
            return;
        }
        let other = self.authority("Other Root", 6).self_signed();
        let at = self.dice.below(recipes.len());
        let crossed = recipes[at].issued_by(&other);
        let what = if at == 0 { "the root" } else { "a CA" };
        match self.dice.below(4) {
            0 => {
                self.tell(format!(
                    "{what} is cross-signed by another root, which is trusted"
                ));
                *trust = vec![other];
                chain.push(crossed);
            }
            1 => {
                self.tell(format!("{what} is cross-signed by an unknown root"));
                chain.insert(0, crossed);
            }
            2 => {
                self.tell(format!(
                    "{what} is cross-signed, and both roots are trusted"
                ));
                trust.insert(0, other);
                chain.push(crossed);
            }
            _ => {
                self.tell(format!("{what} has expired, its cross-signed twin has not"));
                let expired = recipes[at].clone().days(-100, -1);
                if at == 0 {
                    trust.push(expired.self_signed());
                    trust[0] = crossed;
                    trust.push(other);
                } else {
                    trust.push(other);
                    chain.push(crossed);
                }
            }
        }
    }

    fn arrange_trust(&mut self, trust: &mut Vec<Issued>, authorities: &[Issued], leaf: &Issued) {
        match self.dice.below(12) {
            0 if authorities.len() > 1 => {
                self.tell("the lowest CA trusted alone");
                *trust = vec![authorities[authorities.len() - 1].clone()];
            }
            1 if authorities.len() > 1 => {
                self.tell("every CA trusted");
                trust.extend_from_slice(&authorities[1..]);
            }
            2 => {
                self.tell("the leaf trusted alone");
                *trust = vec![leaf.clone()];
            }
            3 => {
                self.tell("the leaf trusted too");
                trust.push(leaf.clone());
            }
            4 => {
                self.tell("nothing of it trusted");
                *trust = vec![authority("Stranger").self_signed()];
            }
            5 => {
                let place = self.dice.below(trust.len() + 1);
                self.tell(format!(
                    "a namesake of the root trusted too, in place {place}"
                ));
                trust.insert(place, authority("Acme Root").self_signed());
            }
            6 => {
                self.tell("a namesake of the root without key ids trusted too");
                trust.insert(0, authority("Acme Root").without_ids().self_signed());
            }
            7 => {
                self.tell("an expired namesake of the root trusted too");
                trust.insert(0, authority("Acme Root").days(-90, -1).self_signed());
            }
            8 if authorities.len() > 2 => {
                self.tell("a CA in the middle trusted alone");
                *trust = vec![authorities[1].clone()];
            }
            9 => self.add_strangers(trust, "trusted"),
            _ => {}
        }
    }

    fn arrange_chain(&mut self, chain: &mut Vec<Issued>, root: &Issued, leaf: &Issued) {
        match self.dice.below(14) {
            0 => {
                self.tell("presented in disorder");
                self.dice.shuffle(chain);
            }
            1 => {
                self.tell("presented from the root down");
                chain.push(root.clone());
                chain.reverse();
            }
            2 | 3 if !chain.is_empty() => {
                let at = self.dice.below(chain.len());
                self.tell(format!(
                    "CA {} below the root not presented",
                    chain.len() - at
                ));
                chain.remove(at);
            }
            4 => {
                self.tell("presented with its root");
                chain.push(root.clone());
            }
            5 => {
                self.tell("the leaf presented twice");
                chain.insert(0, leaf.clone());
            }
            6 if !chain.is_empty() => {
                self.tell("a CA presented twice");
                chain.push(chain[0].clone());
            }
            7 | 8 => self.add_strangers(chain, "presented"),
            9 => {
                self.tell("the leaf presented alone");
                chain.clear();
            }
            10 => {
                self.tell("a namesake of the lowest CA presented first");
                let name = format!("Acme CA {}", chain.len());
                chain.insert(
                    0,
                    authority(&name).issued_by(&authority("Elsewhere").self_signed()),
                );
            }
            _ => {}
        }
    }

    fn add_strangers(&mut self, list: &mut Vec<Issued>, how: &str) {
        let place = self.dice.below(list.len() + 1);
        self.tell(format!("strangers {how} in place {place}"));
        let root = authority("Stranger").self_signed();
        list.insert(place, authority("Stranger CA").issued_by(&root));
        list.insert(place, root);
    }
}
