#include "api-types/v1/cron.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace tinyforge::v1 {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  std::string_view name;
  int first;
  int last;
};
constexpr Field kMinute = {"minute", 0, 59};
constexpr Field kHour = {"hour", 0, 23};
constexpr Field kDay = {"day of month", 1, 31};
constexpr Field kMonth = {"month", 1, 12};
constexpr Field kWeekday = {"day of week", 0, 7};

// Up to the separator, which is taken from `rest` too; all of it when there is none.
std::string_view Take(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

std::optional<int> Number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <std::size_t N>
std::optional<int> Named(const std::array<std::string_view, N>& names, std::string_view text, int first) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = std::ranges::find(names, lower);
  if (found == names.end()) return std::nullopt;
  return first + static_cast<int>(found - names.begin());
}

std::optional<int> Value(const Field& field, std::string_view text) {
  std::optional<int> value = Number(text);
  if (!value && field.name == kMonth.name) value = Named(kMonths, text, 1);
  if (!value && field.name == kWeekday.name) value = Named(kDays, text, 0);
  if (!value || *value < field.first || *value > field.last) return std::nullopt;
  return value;
}

Error Wrong(const Field& field, std::string_view part) {
  return {ErrorKind::Invalid, std::string(field.name) + " \"" + std::string(part) + "\": expected *, a number from " +
                                  std::to_string(field.first) + " to " + std::to_string(field.last) +
                                  ", a range, a step such as */5, or a list of these"};
}

// One member of a list: "*", "5", "1-5", each with "/step".
Expected<std::bitset<64>> ParsePart(const Field& field, std::string_view part) {
  std::string_view rest = part;
  std::string_view range = Take(rest, '/');
  const bool stepped = range.size() != part.size();
  const std::optional<int> step = stepped ? Number(rest) : 1;
  if (!step || *step < 1 || *step > field.last) return Wrong(field, part);
  int from = field.first;
  int to = field.last;
  if (range != "*") {
    const bool is_range = range.find('-', 1) != std::string_view::npos;
    const auto low = Value(field, Take(range, '-'));
    const auto high = is_range ? Value(field, range) : low;
    if (!low || !high || *high < *low) return Wrong(field, part);
    from = *low;
    to = is_range || !stepped ? *high : field.last;
  }
  std::bitset<64> set;
  for (int value = from; value <= to; value += *step) set.set(static_cast<std::size_t>(value));
  return set;
}

Expected<std::bitset<64>> ParseField(const Field& field, std::string_view text) {
  std::bitset<64> set;
  if (text.empty() || text.ends_with(',')) return Wrong(field, text);
  while (!text.empty()) {
    auto part = ParsePart(field, Take(text, ','));
    if (!part) return part;
    set |= *part;
  }
  return set;
}

template <std::size_t N>
Expected<void> Store(const Field& field, std::string_view text, std::bitset<N>& out) {
  auto set = ParseField(field, text);
  if (!set) return std::move(set).error();
  for (std::size_t i = 0; i < set->size(); ++i)
    if (set->test(i)) out.set(i % N);  // Sunday is 0 and 7
  return {};
}

template <std::size_t N>
bool Has(const std::bitset<N>& set, int value) {
  return set.test(static_cast<std::size_t>(value));
}

// The nicknames of crontab(5), without @reboot, which is no time.
Expected<Cron> ParseNickname(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNicknames = {{{"@yearly", "0 0 1 1 *"},
                                                                                        {"@annually", "0 0 1 1 *"},
                                                                                        {"@monthly", "0 0 1 * *"},
                                                                                        {"@weekly", "0 0 * * 0"},
                                                                                        {"@daily", "0 0 * * *"},
                                                                                        {"@midnight", "0 0 * * *"},
                                                                                        {"@hourly", "0 * * * *"}}};
  for (const auto& [name, fields] : kNicknames)
    if (name == text) return Cron::Parse(fields);
  return Error{ErrorKind::Invalid, "\"" + std::string(text) +
                                       "\": expected five fields, or one of @yearly, @annually, @monthly, @weekly, "
                                       "@daily, @midnight and @hourly"};
}

}  // namespace

Expected<Cron> Cron::Parse(std::string_view text) {
  if (text.starts_with('@')) return ParseNickname(text);
  std::array<std::string_view, 5> fields;
  std::size_t count = 0;
  while (!text.empty()) {
    const std::string_view word = Take(text, ' ');
    if (word.empty()) continue;
    if (count < fields.size()) fields[count] = word;
    ++count;
  }
  if (count != fields.size())
    return Error{ErrorKind::Invalid,
                 "expected five fields: minute, hour, day of month, month, day of week; got " + std::to_string(count)};
  Cron cron;
  if (auto done = Store(kMinute, fields[0], cron.minutes_); !done) return std::move(done).error();
  if (auto done = Store(kHour, fields[1], cron.hours_); !done) return std::move(done).error();
  if (auto done = Store(kDay, fields[2], cron.days_); !done) return std::move(done).error();
  if (auto done = Store(kMonth, fields[3], cron.months_); !done) return std::move(done).error();
  if (auto done = Store(kWeekday, fields[4], cron.weekdays_); !done) return std::move(done).error();
  cron.any_day_ = fields[2].starts_with('*');
  cron.any_weekday_ = fields[4].starts_with('*');
  return cron;
}

bool Cron::Matches(const CivilMinute& time) const {
  return Has(minutes_, time.minute) && Has(hours_, time.hour) && MatchesDay(time);
}

bool Cron::MatchesDay(const CivilMinute& time) const {
  if (!Has(months_, time.month)) return false;
  const bool day = Has(days_, time.day);
  const bool weekday = Has(weekdays_, time.weekday);
  return any_day_ || any_weekday_ ? day && weekday : day || weekday;
}

}  // namespace tinyforge::v1
