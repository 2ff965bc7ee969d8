//! What a drawing must be, whatever the numbers: the same bytes, gaps as gaps, texts as texts. The pictures themselves are
//! snapshots in `tests/snapshots/charts`; `UPDATE=1` writes them anew, and the difference is for a person to read.

use std::path::Path;

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

const HOSTILE: &str = "<b>\"R&D\"</b> 'x' fill=\"#C10100\" ]]> قميص أحمر 👩\u{200D}🚀 \u{1}ok";

fn day(n: i32) -> Day {
    "2026-01-01".parse::<Day>().expect("a day").plus(n)
}

fn words(title: &str) -> Words<'static> {
    Words {
        title: title.to_string(),
        description: format!("What {title} says."),
        amount: &|v| format!("${v}"),
        tick: &|v| format!("${v}"),
        day: &|d| d.to_string(),
        day_tick: &|d| d.date().format("%b %-d").to_string(),
        unknown: "not known".to_string(),
        day_heading: "Day".to_string(),
    }
}

fn series(label: &str, from: i32, values: impl IntoIterator<Item = Option<Decimal>>) -> Series {
    let points = values
        .into_iter()
        .enumerate()
        .map(|(i, value)| (day(from + i as i32), value))
        .collect();
    Series {
        label: label.to_string(),
        points,
    }
}

/// A course that goes up and down by a fixed rule, in cents.
fn course(days: i64) -> impl Iterator<Item = Option<Decimal>> {
    (0..days).map(|n| {
        Some(Decimal::new(
            120_000 + n * 900 + (n * n * 37) % 71_003 - (n % 7) * 6_001,
            2,
        ))
    })
}

fn whole(values: &[i64]) -> Vec<Option<Decimal>> {
    values.iter().map(|v| Some(Decimal::from(*v))).collect()
}

fn lines(name: &str, current: Series, previous: Option<Series>, open_from: Option<Day>) -> Drawing {
    parted(name, (current, previous), &[], open_from)
}

fn parted(name: &str, (current, previous): (Series, Option<Series>), parts: &[Series], open: Option<Day>) -> Drawing {
    let chart = LineChart {
        current: &current,
        previous: previous.as_ref(),
        parts,
        open_from: open,
    };
    line(&chart, &words(name)).expect("a line chart")
}

fn slice(label: &str, value: Option<i64>, share: &str) -> Slice {
    Slice {
        label: label.to_string(),
        value: value.map(Decimal::from),
        share_text: share.to_string(),
    }
}

fn shares(name: &str, slices: &[Slice]) -> Drawing {
    share(slices, ["Channel", "Net sales", "Share"], &words(name)).expect("a share chart")
}

fn ranking(name: &str, rows: &[(&str, Option<i64>)]) -> Drawing {
    let rows: Vec<Bar> = rows
        .iter()
        .map(|(label, value)| Bar {
            label: label.to_string(),
            value: value.map(Decimal::from),
            cells: vec!["3".into()],
        })
        .collect();
    let columns = vec![
        Column::words("Product"),
        Column::numbers("Net sales"),
        Column::numbers("Units"),
    ];
    bars(&rows, columns, &words(name)).expect("a bar chart")
}

/// Every drawing that has a snapshot.
fn gallery() -> Vec<(&'static str, Drawing)> {
    let mut gapped: Vec<_> = course(30).collect();
    gapped[9] = None;
    gapped[10] = None;
    gapped[12] = None;
    let before = || Some(series("Previous period", -30, course(60).skip(30)));
    vec![
        (
            "line",
            lines(
                "Revenue",
                series("Net sales", 0, gapped.clone()),
                before(),
                Some(day(28)),
            ),
        ),
        (
            "line-parts",
            parted(
                "Revenue",
                (series("Net sales", 0, course(30)), before()),
                &[
                    series("Amazon.com", 0, course(30).map(|v| v.map(|v| v / Decimal::from(2)))),
                    series("Online store", 0, whole(&[300; 30])),
                ],
                Some(day(28)),
            ),
        ),
        ("line-empty", lines("Revenue", series("Net sales", 0, []), None, None)),
        (
            "line-one",
            lines("Revenue", series("Net sales", 0, whole(&[42])), None, None),
        ),
        (
            "line-equal",
            lines("Revenue", series("Net sales", 0, whole(&[7; 10])), None, None),
        ),
        (
            "line-zero",
            lines("Revenue", series("Net sales", 0, whole(&[0; 10])), None, None),
        ),
        (
            "line-negative",
            lines(
                "Revenue",
                series("Net sales", 0, whole(&[120, -80, 40, -260, 90])),
                None,
                None,
            ),
        ),
        (
            "line-huge",
            lines(
                "Revenue",
                series("Net sales", 0, vec![Some(Decimal::MAX), Some(Decimal::MIN)]),
                None,
                None,
            ),
        ),
        (
            "line-thousand-days",
            lines("Revenue", series("Net sales", 0, course(1000)), None, Some(day(999))),
        ),
        (
            "line-hostile",
            lines(HOSTILE, series(HOSTILE, 0, course(3)), None, None),
        ),
        (
            "sparkline",
            sparkline(&series("Orders", 0, gapped), &words("Orders")).expect("a sparkline"),
        ),
        (
            "sparkline-empty",
            sparkline(&series("Orders", 0, []), &words("Orders")).expect("a sparkline"),
        ),
        (
            "sparkline-one",
            sparkline(&series("Orders", 0, whole(&[5])), &words("Orders")).expect("a sparkline"),
        ),
        (
            "sparkline-equal",
            sparkline(&series("Orders", 0, whole(&[5; 8])), &words("Orders")).expect("a sparkline"),
        ),
        (
            "share",
            shares(
                "Share by channel",
                &[
                    slice("Online Store", Some(7_130), "71.3%"),
                    slice("Point of Sale", Some(2_010), "20.1%"),
                    slice("Draft orders", Some(-15), "not available"),
                    slice(HOSTILE, Some(860), "8.6%"),
                    slice("Wholesale", None, "not known"),
                ],
            ),
        ),
        (
            "share-one",
            shares("Share by channel", &[slice("Online Store", Some(10), "100%")]),
        ),
        ("share-none", shares("Share by channel", &[])),
        (
            "bars",
            ranking(
                "Best products",
                &[
                    (
                        "Walnut desk organiser with a drawer, two trays and a slot for a very long name",
                        Some(4_210),
                    ),
                    (HOSTILE, Some(1_800)),
                    (
                        "檜木書架檜木書架檜木書架檜木書架檜木書架檜木書架檜木書架檜木書架",
                        Some(90),
                    ),
                    ("Cost not known", None),
                    ("Returned more than sold", Some(-700)),
                ],
            ),
        ),
        ("bars-empty", ranking("Best products", &[])),
    ]
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test program begins here")]
fn drawings_equal_their_snapshots() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/snapshots/charts");
    let update = std::env::var_os("UPDATE").is_some();
    let mut names = Vec::new();
    for (name, drawing) in gallery() {
        let file = folder.join(format!("{name}.svg"));
        if update {
            std::fs::write(&file, &drawing.svg).expect("the snapshot folder can be written");
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == drawing.svg,
            "{name}.svg differs from its snapshot; look at it, then accept it with UPDATE=1"
        );
        names.push(format!("{name}.svg"));
    }
    for entry in std::fs::read_dir(&folder).expect("the snapshot folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(names.contains(&name), "{name} is a snapshot of nothing");
    }
}

#[test]
fn a_drawing_is_the_same_every_time() {
    for ((name, first), (_, second)) in gallery().into_iter().zip(gallery()) {
        assert_eq!(first, second, "{name}: nothing but the input decides");
    }
}

#[test]
fn every_drawing_names_itself_and_holds_nothing_active() {
    for (name, drawing) in gallery() {
        let svg = &drawing.svg;
        assert!(
            svg.contains("role=\"img\"") && svg.contains("<title>") && svg.contains("<desc>"),
            "{name}: has names"
        );
        for forbidden in ["<script", "<b>", " style=", " id=", "href", "\u{1}", "#C1", "#C2"] {
            let shown = svg
                .replace("fill=&quot;#C10100&quot;", "")
                .replace("fill=\"#C10100\" ]]&gt;", "");
            assert!(
                !shown.contains(forbidden),
                "{name}: {forbidden} has no place in a drawing"
            );
        }
        let (opened, closed) = (svg.matches("<text").count(), svg.matches("</text>").count());
        assert_eq!(opened, closed, "{name}: every text is closed");
    }
}

#[test]
fn markup_in_names_is_text() {
    let drawing = lines(HOSTILE, series("Net sales", 0, course(3)), None, None);
    assert!(
        drawing.svg.contains("<title>&lt;b&gt;\"R&amp;D\"&lt;/b&gt;"),
        "the title is escaped"
    );
    let drawing = ranking("Best products", &[(HOSTILE, Some(1))]);
    assert!(
        drawing.svg.contains("&lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt;"),
        "a name in the drawing is escaped"
    );
    // Short enough to be whole.
    let coloured = ranking("Best products", &[("fill=\"#C10100\" ]]>", Some(1))]);
    assert!(
        coloured.svg.contains("fill=&quot;#C10100&quot;"),
        "a name that looks like a colour keeps its characters"
    );
    assert_eq!(
        drawing.hits[0].label, HOSTILE,
        "the hover text is the name itself; the page shows it as text"
    );
}

#[test]
fn colours_are_the_pages() {
    let drawing = lines(
        "Revenue",
        series("Net sales", 0, course(9)),
        Some(series("Before", -9, course(9))),
        None,
    );
    for property in [
        "--chart-now",
        "--chart-before",
        "--chart-area",
        "--chart-grid",
        "--chart-zero",
        "--chart-label",
    ] {
        assert!(
            drawing.svg.contains(&format!("var({property}, #")),
            "{property} paints, with a colour to fall back on"
        );
    }
    assert!(
        drawing.svg.contains("vector-effect=\"non-scaling-stroke\""),
        "strokes keep their width at any size"
    );
}

#[test]
fn a_gap_breaks_the_line_and_has_no_mark() {
    let values = vec![
        Some(Decimal::TEN),
        Some(Decimal::ONE),
        None,
        Some(Decimal::TEN),
        None,
        Some(Decimal::ONE),
        Some(Decimal::TWO),
    ];
    let drawing = lines("Revenue", series("Net sales", 0, values), None, None);
    let strokes = |paint: &str| drawing.svg.matches(&format!("stroke=\"var({paint}")).count();
    assert_eq!(strokes("--chart-now"), 2, "two runs of at least two days");
    assert_eq!(
        drawing.svg.matches("<circle").count(),
        1,
        "the day that stands alone is a dot"
    );
    assert_eq!(
        drawing.hits[2].values[0].mark, None,
        "nothing is marked where nothing is known"
    );
    assert_eq!(
        drawing.hits[2].values[0].text, "not known",
        "a gap is said, not shown as zero"
    );
    assert_eq!(drawing.table.rows[2], ["2026-01-03", "not known"], "nor in the table");
}

#[test]
fn days_that_are_not_final_are_dotted_and_still_joined() {
    let drawing = lines("Revenue", series("Net sales", 0, course(5)), None, Some(day(4)));
    let dotted: Vec<&str> = drawing
        .svg
        .lines()
        .filter(|line| line.contains("stroke-dasharray"))
        .collect();
    assert_eq!(dotted.len(), 1, "one dotted stretch");
    assert_eq!(
        dotted[0].matches(',').count() - 1,
        2,
        "from the last final day to the open one (the paint has the other comma)"
    );
    let all_open = lines("Revenue", series("Net sales", 0, course(3)), None, Some(day(-9)));
    assert_eq!(
        all_open.svg.matches("stroke-dasharray").count(),
        1,
        "a range that is open from its start has no solid line"
    );
}

#[test]
fn hits_follow_each_other_without_holes() {
    for (name, drawing) in gallery() {
        let end = if drawing.axis == Axis::X {
            drawing.width
        } else {
            drawing.height
        };
        for pair in drawing.hits.windows(2) {
            assert_eq!(
                pair[0].to, pair[1].from,
                "{name}: no place between two points belongs to none"
            );
        }
        for hit in &drawing.hits {
            assert!(
                hit.from <= hit.at && hit.at <= hit.to,
                "{name}: the cursor stands inside its area"
            );
            assert!(0 <= hit.from && hit.to <= end, "{name}: the area lies on the sheet");
            for mark in hit.values.iter().filter_map(|value| value.mark) {
                assert!(
                    (0..=drawing.height).contains(&mark),
                    "{name}: the mark lies on the sheet"
                );
            }
        }
    }
}

#[test]
fn every_point_is_in_the_table() {
    let drawing = lines(
        "Revenue",
        series("Net sales", 0, course(31)),
        Some(series("Before", -28, course(28))),
        None,
    );
    assert_eq!(drawing.table.rows.len(), 31, "the longer period decides");
    assert_eq!(drawing.table.columns.len(), 4, "each period has its own days");
    assert_eq!(
        drawing.table.rows[30][2..],
        ["not known", "not known"],
        "the shorter one ends"
    );
    assert_eq!(
        drawing.table.rows[0][1], "$1200.00",
        "texts come from the exact decimal"
    );
    assert_eq!(drawing.hits.len(), 31, "every day can be pointed at");
}

#[test]
fn a_share_without_width_stands_in_the_table_only() {
    let drawing = shares(
        "Share",
        &[
            slice("A", Some(3), "75%"),
            slice("B", Some(-1), "–"),
            slice("C", Some(1), "25%"),
        ],
    );
    let labels: Vec<&str> = drawing.hits.iter().map(|hit| hit.label.as_str()).collect();
    assert_eq!(labels, ["A", "C"], "what is below zero cannot be drawn as a part");
    assert_eq!(drawing.hits[0].to, 3600, "three quarters of 480 pixels");
    assert_eq!(drawing.table.rows.len(), 3, "and is not hidden");
    assert!(
        drawing.svg.contains("--chart-3") && !drawing.svg.contains("--chart-2"),
        "a colour belongs to a place in the order"
    );
}

#[test]
fn a_long_name_is_cut_with_an_ellipsis_and_whole_on_hovering() {
    let name = "x".repeat(300);
    let drawing = ranking("Best products", &[(&name, Some(1))]);
    assert!(
        drawing.svg.contains("x…") && !drawing.svg.contains(&name),
        "the row holds what fits"
    );
    assert_eq!(drawing.hits[0].label, name, "the hover text holds all");
    let emoji = "👩\u{200D}🚀".repeat(60);
    let cut = sheet::fit(&emoji, 1000);
    assert!(
        cut.split('…').all(|part| part.chars().count().is_multiple_of(3)),
        "a joined emoji is kept whole or dropped: {cut}"
    );
    let cuts = [
        "Frame “Nordlys” 5 × 7 in · X-Large / Oak",
        "Frame “Nordlys” 5 × 7 in · X-Large / Birch",
    ]
    .map(|name| sheet::fit(name, 1800));
    assert_ne!(cuts[0], cuts[1], "names that begin alike stay two names: {cuts:?}");
    assert!(
        cuts[0].starts_with("Frame") && cuts[0].ends_with("Oak"),
        "both ends are kept: {cuts:?}"
    );
}

#[test]
fn values_are_labelled_with_round_numbers() {
    let labels = |values: &[i64]| {
        let scale = ticks::scale(values.iter().map(|v| Decimal::new(*v, 2)), 4);
        scale.ticks.iter().map(Decimal::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        labels(&[0, 98_765]),
        ["0", "250", "500", "750", "1000"],
        "quarters of the next thousand"
    );
    assert_eq!(
        labels(&[37]),
        ["0", "0.1", "0.2", "0.3", "0.4"],
        "tenths below one, exactly"
    );
    assert_eq!(labels(&[-2_000, 3_000]), ["-20", "0", "20", "40"], "zero is among them");
    assert_eq!(labels(&[0, 0]), ["0"], "nothing but zero");
    assert_eq!(labels(&[]), ["0"], "nothing at all");
}

#[test]
fn days_are_labelled_evenly() {
    let labels = |count: i32| {
        let days: Vec<Day> = (0..count).map(day).collect();
        ticks::days(&days, 9)
            .into_iter()
            .map(|i| days[i].to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(labels(0), [""; 0], "no day");
    assert_eq!(labels(3).len(), 3, "few days are all labelled");
    assert_eq!(labels(30)[..2], ["2026-01-01", "2026-01-08"], "a month by weeks");
    assert_eq!(
        labels(365)[..2],
        ["2026-01-01", "2026-03-01"],
        "a year by every second month"
    );
    assert_eq!(
        labels(1000)[..2],
        ["2026-01-01", "2026-07-01"],
        "three years by half-years"
    );
    for count in 0..1500 {
        assert!(labels(count).len() <= 9, "{count} days: never more than fit");
    }
}

proptest! {
    #[test]
    fn a_scale_holds_every_value(values in proptest::collection::vec(any::<i64>(), 1..20), digits in 0_u32..=9) {
        let values: Vec<Decimal> = values.into_iter().map(|v| Decimal::new(v, digits)).collect();
        let scale = ticks::scale(values.iter().copied(), 4);
        for value in &values {
            prop_assert!(scale.low <= ticks::pixel(*value) && ticks::pixel(*value) <= scale.high, "the axis reaches every value");
        }
        prop_assert!(scale.ticks.len() <= 7, "few labels");
        prop_assert!(scale.ticks.windows(2).all(|pair| pair[0] < pair[1]), "in order");
        prop_assert!(scale.ticks.contains(&Decimal::ZERO), "zero is labelled");
    }
}
