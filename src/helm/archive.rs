//! Reading a packaged chart, so that no helm call has to.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Component as Part, Path};

use anyhow::{Context as _, Result, bail};
use flate2::bufread::MultiGzDecoder;
use tar::Archive;

/// More than any Chart.yaml or values.yaml holds; what unpacks to more is no chart.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The texts of a packaged chart's own Chart.yaml and values.yaml; those of charts in it do not count.
///
/// # Errors
/// The file is no such archive.
pub(super) fn metadata_and_values(path: &Path) -> Result<(String, String)> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut archive = Archive::new(MultiGzDecoder::new(BufReader::new(file)));
    let (mut metadata, mut values) = (None, String::new());
    for entry in archive.entries()? {
        let entry = entry.with_context(|| format!("{} is no .tgz", path.display()))?;
        let into = match own_file(&entry.path()?).as_deref() {
            Some("Chart.yaml") => metadata.insert(String::new()),
            Some("values.yaml") => &mut values,
            _ => continue,
        };
        entry
            .take(LARGEST)
            .read_to_string(into)
            .with_context(|| format!("cannot read {}", path.display()))?;
    }
    match metadata {
        Some(metadata) => Ok((metadata, values)),
        None => bail!("{} is no chart: it holds no Chart.yaml", path.display()),
    }
}

/// The name of a file that lies in the chart's folder itself: `NAME/Chart.yaml`.
fn own_file(path: &Path) -> Option<String> {
    let mut parts = path
        .components()
        .filter(|part| !matches!(part, Part::CurDir));
    let (_folder, file) = (parts.next()?, parts.next()?);
    match parts.next() {
        None => Some(file.as_os_str().to_string_lossy().into_owned()),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn packed(files: &[(&str, &str)]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let encoder = GzEncoder::new(file.reopen().unwrap(), Compression::fast());
        let mut builder = tar::Builder::new(encoder);
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            builder
                .append_data(&mut header, path, text.as_bytes())
                .unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap();
        file
    }

    #[test]
    fn the_charts_own_files_are_read_and_not_those_of_its_dependencies() {
        let file = packed(&[
            ("a/charts/b/Chart.yaml", "name: b"),
            ("a/Chart.yaml", "name: a"),
            ("a/values.yaml", "x: 1"),
            ("a/charts/b/values.yaml", "x: 2"),
        ]);
        let read = metadata_and_values(file.path()).unwrap();
        assert_eq!(read, ("name: a".to_owned(), "x: 1".to_owned()));
    }

    #[test]
    fn what_is_no_packaged_chart_is_said() {
        let without = packed(&[("a/values.yaml", "x: 1")]);
        let error = metadata_and_values(without.path()).unwrap_err();
        assert!(error.to_string().contains("no Chart.yaml"), "{error}");
        let mut text = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut text, b"hello").unwrap();
        assert!(metadata_and_values(text.path()).is_err());
    }
}
