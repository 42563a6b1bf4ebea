//! Reading a packaged chart, so that no helm call has to.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Component as Part, Path};

use anyhow::{Context as _, Result, bail};
use flate2::bufread::MultiGzDecoder;
use tar::Archive;

/// Helm itself unpacks no more (`MaxDecompressedChartSize`, pkg/chart/loader/archive).
const LARGEST: u64 = 100 * 1024 * 1024;

/// The files that are wanted of a packaged chart: their paths below the chart's folder, and their contents.
///
/// # Errors
/// The file is no such archive, or unpacks to more than Helm would take.
pub(super) fn files(
    path: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(String, Vec<u8>)>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let unpacked = MultiGzDecoder::new(BufReader::new(file)).take(LARGEST);
    let mut archive = Archive::new(unpacked);
    let read = entries(&mut archive, is_wanted);
    if archive.into_inner().limit() == 0 {
        bail!(
            "{} unpacks to more than {} MiB, which is more than Helm takes",
            path.display(),
            LARGEST / 1024 / 1024
        );
    }
    read.with_context(|| format!("{} is no .tgz", path.display()))
}

fn entries(
    archive: &mut Archive<impl std::io::Read>,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = below_folder(&entry.path()?).filter(|name| is_wanted(name));
        if let (Some(name), true) = (name, entry.header().entry_type().is_file()) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            files.push((name, content));
        }
    }
    Ok(files)
}

/// The texts of a packaged chart's own Chart.yaml and values.yaml; those of charts in it do not count.
///
/// # Errors
/// The file is no packaged chart.
pub(super) fn metadata_and_values(path: &Path) -> Result<(String, String)> {
    let (mut metadata, mut values) = (None, String::new());
    for (name, content) in files(path, |name| matches!(name, "Chart.yaml" | "values.yaml"))? {
        let text = String::from_utf8(content)
            .with_context(|| format!("{}: {name} is not UTF-8", path.display()))?;
        if name == "Chart.yaml" {
            metadata = Some(text);
        } else {
            values = text;
        }
    }
    match metadata {
        Some(metadata) => Ok((metadata, values)),
        None => bail!("{} is no chart: it holds no Chart.yaml", path.display()),
    }
}

/// The path below the folder that a chart is packed in: of `NAME/templates/a.yaml`, `templates/a.yaml`.
fn below_folder(path: &Path) -> Option<String> {
    let parts = path
        .components()
        .filter(|part| !matches!(part, Part::CurDir))
        .skip(1);
    let names: Vec<String> = parts
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    (!names.is_empty()).then(|| names.join("/"))
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
    fn every_file_has_its_path_below_the_charts_folder() {
        let file = packed(&[("./a/Chart.yaml", "name: a"), ("./a/templates/b.yaml", "b")]);
        let all = files(file.path(), |_| true).unwrap();
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Chart.yaml", "templates/b.yaml"]);
    }

    #[test]
    fn what_unpacks_to_more_than_helm_takes_is_refused() {
        let zeros = "0".repeat(60 * 1024 * 1024);
        let file = packed(&[
            ("a/Chart.yaml", "name: a"),
            ("a/x", &zeros),
            ("a/y", &zeros),
        ]);
        assert!(file.path().metadata().unwrap().len() < 1024 * 1024);
        for wanted in [true, false] {
            let error = files(file.path(), |_| wanted).unwrap_err();
            assert!(error.to_string().contains("more than 100 MiB"), "{error}");
        }
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
