//! Draws what a terminal shows as SVG: output with its colours on stdin, the picture on stdout. `scripts/picture` runs it.
//! The picture is dark, and light where whoever looks at it prefers that.
//!
//! `cargo run --example picture -- COLUMNS <OUTPUT >PICTURE.svg`

use std::io::{Read as _, Write as _};

use anstyle_svg::Term;
use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let columns: usize = std::env::args()
        .nth(1)
        .and_then(|word| word.parse().ok())
        .context("usage: picture COLUMNS <OUTPUT >PICTURE.svg")?;
    let mut output = String::new();
    std::io::stdin().read_to_string(&mut output)?;
    let folded: Vec<String> = output.lines().map(|line| folded(line, columns)).collect();
    let picture = Term::new().render_svg(&folded.join("\n"));
    let (style, rest) = picture
        .split_once("  </style>")
        .context("a picture without a style")?;
    std::io::stdout().write_all([style, STYLE, "  </style>", rest].concat().as_bytes())?;
    Ok(())
}

/// What is dimmed can be read all the same; and the colours of a light terminal, for what a dark one shows.
const STYLE: &str = "    .dimmed { opacity: 0.7 }
    @media (prefers-color-scheme: light) {
      .fg { fill: #24292F }
      .bg { fill: #F6F8FA }
      .fg-cyan { fill: #1B7C83 }
      .fg-green { fill: #116329 }
      .fg-red { fill: #A40E26 }
      .fg-yellow { fill: #7D4E00 }
    }
";

/// A line as a terminal of so many columns breaks it; escape sequences take no room.
fn folded(line: &str, columns: usize) -> String {
    let mut text = String::new();
    let mut column = 0;
    for (piece, is_escape) in console::AnsiCodeIterator::new(line) {
        if is_escape {
            text += piece;
            continue;
        }
        for char in piece.chars() {
            let width = console::measure_text_width(&char.to_string());
            if column + width > columns {
                text.push('\n');
                column = 0;
            }
            text.push(char);
            column += width;
        }
    }
    text
}
