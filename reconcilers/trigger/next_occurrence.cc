#include "reconcilers/trigger/next_occurrence.h"

namespace tinyforge {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
// Minutes of a wall clock, counted as if it never jumped.
using LocalMinutes = std::chrono::local_time<minutes>;

// 29 February on a given day of the week comes at least once in so many years, also over a century without a leap day.
constexpr int kYears = 40;
// No zone repeats more.
constexpr auto kLongestRepeat = hours(3);

LocalMinutes ToLocal(const v1::CivilMinute& time) {
  const auto date = std::chrono::year(time.year) / time.month / time.day;
  return std::chrono::local_days(date) + hours(time.hour) + minutes(time.minute);
}

v1::CivilMinute ToCivil(LocalMinutes time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const auto in_day = static_cast<int>((time - day).count());
  return {int(date.year()),
          static_cast<int>(unsigned(date.month())),
          static_cast<int>(unsigned(date.day())),
          in_day / 60,
          in_day % 60,
          static_cast<int>(std::chrono::weekday(day).c_encoding())};
}

// Days from this day on until one that the cron may match; empty: there is none.
std::optional<int> DaysUntil(const v1::Cron& cron, LocalMinutes from) {
  const auto first = std::chrono::floor<days>(from);
  for (int day = 0; day <= kYears * 366; ++day)
    if (cron.MatchesDay(ToCivil(first + days(day)))) return day;
  return std::nullopt;
}

// Walks minute by minute, and over days on which nothing can come in one step.
class Walk {
 public:
  Walk(const v1::Cron& cron, const std::string& zone, Calendar& calendar)
      : cron_(cron), zone_(zone), calendar_(calendar) {}

  Expected<std::optional<SysTime>> After(SysTime after) {
    // Begins before any repetition that `after` may lie in, to know what came already.
    if (auto done = JumpTo(std::chrono::floor<minutes>(after) - kLongestRepeat); !done) return std::move(done).error();
    while (true) {
      const auto wait = DaysUntil(cron_, seen_);
      if (!wait) return std::optional<SysTime>();
      if (*wait > 2) {
        if (auto done = JumpTo(at_ + days(*wait - 2)); !done) return std::move(done).error();
      }
      auto due = Step();
      if (!due) return std::move(due).error();
      if (*due && at_ > after) return std::optional(at_);
    }
  }

 private:
  Expected<LocalMinutes> Local() {
    auto local = calendar_.At(at_, zone_);
    if (!local) return Error{ErrorKind::Terminal, local.error().message};
    return ToLocal(*local);
  }

  Expected<void> JumpTo(SysTime at) {
    at_ = at;
    auto local = Local();
    if (!local) return std::move(local).error();
    seen_ = *local;
    return {};
  }

  // To the next minute; whether a local time that the cron matches came with it.
  Expected<bool> Step() {
    at_ += minutes(1);
    auto local = Local();
    if (!local) return std::move(local).error();
    bool due = false;
    for (; seen_ < *local; seen_ += minutes(1)) due = due || cron_.Matches(ToCivil(seen_ + minutes(1)));
    return due;
  }

  const v1::Cron& cron_;
  const std::string& zone_;
  Calendar& calendar_;
  SysTime at_{};
  LocalMinutes seen_{};  // the latest local time that has come
};

}  // namespace

Expected<std::optional<SysTime>> NextOccurrence(const std::string& cron, const std::string& time_zone, SysTime after,
                                                Calendar& calendar) {
  auto parsed = v1::Cron::Parse(cron);
  if (!parsed) return std::move(parsed).error();
  return Walk(*parsed, time_zone, calendar).After(after);
}

bool EverComes(const v1::Cron& cron) {
  // Any day will do to begin with: the calendar repeats itself.
  return DaysUntil(cron, std::chrono::local_days(std::chrono::year(2000) / 1 / 1)).has_value();
}

}  // namespace tinyforge
