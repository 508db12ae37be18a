#include "chart.hpp"

#include "machine.hpp"
#include "text.hpp"

#include <algorithm>

namespace linx::bench {

namespace {

// pixels
constexpr int width = 1000;
constexpr int margin = 24;
constexpr int name_column = 340;
constexpr int value_column = 250;
constexpr int longest_bar = width - 2 * margin - name_column - value_column;
constexpr int row_height = 22;

std::string escaped(const std::string& text)
{
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  }
  return safe;
}

// 1234567.8 as 1,234,568
std::string grouped(double value)
{
  auto digits = format("%.0f", value);
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

class drawing {
public:
  void text(int x, const char* kind, const std::string& what)
  {
    body_ += format("<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y_, kind, escaped(what).c_str());
  }
  void bar(const char* kind, double share)
  {
    body_ += format("<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"%s\"/>\n",
                    margin + name_column, y_ - 13, std::max(1.0, share * longest_bar), 16, kind);
  }
  void down(int pixels) { y_ += pixels; }

  std::string document() const
  {
    return format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                  "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">\n",
                  width, y_, width, y_) +
           "<style>.head{font-size:20px;font-weight:bold} .title{font-size:15px;font-weight:bold}\n"
           ".note{fill:#666;font-size:11px} .name{text-anchor:end}\n"
           ".peer{fill:#888} .linx{fill:#1f6feb} .other{fill:#d0a050}</style>\n"
           "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" +
           body_ + "</svg>\n";
  }

private:
  std::string body_;
  int y_ = 0;
};

// Grey what linx is measured against, blue linx, ochre the others.
void draw(drawing& on, const standing& who, bool is_peer, double best)
{
  on.down(row_height);
  on.text(margin + name_column - 8, "name", who.name);
  const double share = best > 0 ? who.rate.median / best : 0;
  on.bar(is_peer ? "peer" : who.name.starts_with("linx") ? "linx" : "other", share);
  auto value = grouped(who.rate.median);
  if (!is_peer) value += format(who.ratio.median < 0.1 ? "  (%.3f" : "  (%.2f", who.ratio.median);
  if (who.budget) value += format(", aim %.2f", *who.budget);
  if (!is_peer) value += ')';
  on.text(margin + name_column + static_cast<int>(share * longest_bar) + 8, "value", value);
}

void draw(drawing& on, const figure& what)
{
  on.down(row_height);
  on.text(margin + name_column - 8, "name", what.name);
  auto value = short_number(what.value) + ' ' + what.unit;
  if (what.at_most) value += "  (at most " + short_number(*what.at_most) + ')';
  on.text(margin + name_column, "value", value);
}

void draw(drawing& on, const outcome& what)
{
  on.down(36);
  on.text(margin, "title", what.peer.name.empty() ? what.title : what.title + ", " + what.unit + " a second");
  on.down(17);
  on.text(margin, "note", what.skipped.empty() ? what.method : "skipped: " + what.skipped);
  double best = what.peer.rate.median;
  for (const auto& rival : what.rivals) best = std::max(best, rival.rate.median);
  if (!what.peer.name.empty()) draw(on, what.peer, true, best);
  for (const auto& rival : what.rivals) draw(on, rival, false, best);
  for (const auto& one : what.figures) draw(on, one);
}

} // namespace

std::string as_svg(const std::vector<outcome>& all)
{
  const auto where = machine::here();
  drawing on;
  on.down(margin + 16);
  on.text(margin, "head", "linx beside its peers");
  on.down(20);
  on.text(margin, "note",
          "Linux " + where.kernel + ", " + where.processor + ", " + std::to_string(where.cpus) + " CPUs, " +
              where.time + ". Longer is faster. In brackets: the median ratio to the first bar.");
  for (const auto& one : all) draw(on, one);
  on.down(margin);
  return on.document();
}

} // namespace linx::bench
