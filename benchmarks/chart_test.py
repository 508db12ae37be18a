"""The chart is an SVG document that shows each row that the JSON beside it holds, bars in proportion."""

import json
import sys
import xml.etree.ElementTree as xml

SVG = "{http://www.w3.org/2000/svg}"


def fail(why):
    sys.exit(f"chart_test: {why}")


def main(json_file, svg_file):
    with open(json_file) as file:
        measured = json.load(file)["benchmarks"]
    root = xml.parse(svg_file).getroot()  # throws where it is not well-formed
    if root.tag != SVG + "svg":
        fail(f"the root is {root.tag}")
    height = float(root.get("height"))

    texts = [element.text for element in root.iter(SVG + "text")]
    bars = [bar for bar in root.iter(SVG + "rect") if bar.get("class")]
    standings = 0
    for one in measured:
        if not any(text.startswith(one["title"]) for text in texts):
            fail(f"no panel is called '{one['title']}'")
        rows = [one["peer"], *one.get("rivals", [])] if "peer" in one else []
        best = max((row["per_second"]["median"] for row in rows), default=0)
        for row in rows:
            bar = bars[standings]
            standings += 1
            rate = f"{row['per_second']['median']:,.0f}"
            if row["name"] not in texts or not any(text.split("  ")[0] == rate for text in texts):
                fail(f"'{row['name']}' or its rate, {rate}, is not shown")
            longest = max(float(b.get("width")) for b in bars)
            if abs(float(bar.get("width")) - row["per_second"]["median"] / best * longest) > 1.1:
                fail(f"the bar of '{row['name']}' is not as long as its rate says")
        for figure in one.get("figures", []):
            if figure["name"] not in texts:
                fail(f"'{figure['name']}' is not shown")
    if standings == 0:
        fail("nothing was measured")
    if standings != len(bars):
        fail(f"{len(bars)} bars for {standings} rows")
    if any(float(element.get("y", 0)) > height for element in root.iter()):
        fail("something is outside the picture")
    print(f"{len(measured)} panels, {standings} bars")


main(*sys.argv[1:])
