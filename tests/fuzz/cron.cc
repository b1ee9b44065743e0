// Schedules: the next time is later, comes, and is the first to come.
//
// Input: a byte for the zone, two for the day to begin with, two for the second of that day, then the cron.
#include "api-types/v1/cron.h"

#include <array>

#include "reconcilers/trigger/next_occurrence.h"
#include "tests/fuzz/property.h"

using namespace tinyforge;
using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

using Minute = std::chrono::sys_time<minutes>;

// A zone that is `before` ahead of UTC up to a time and `after` ahead from it on.
struct Zone {
  const char* name;
  minutes before;
  minutes after;
};
constexpr std::array kZones = {
    Zone{"fixed", minutes(0), minutes(0)},      Zone{"east", minutes(345), minutes(345)},
    Zone{"forward", minutes(60), minutes(120)}, Zone{"back", minutes(120), minutes(60)},
    Zone{"half", minutes(660), minutes(630)},   Zone{"day", minutes(-600), minutes(840)},
};
const Minute kChange = std::chrono::sys_days(std::chrono::year(2026) / 3 / 29) + minutes(60);

v1::CivilMinute Civil(Minute local) {
  const auto day = std::chrono::floor<days>(local);
  const std::chrono::year_month_day date(day);
  const auto in_day = static_cast<int>((local - day).count());
  return {int(date.year()),
          int(unsigned(date.month())),
          int(unsigned(date.day())),
          in_day / 60,
          in_day % 60,
          static_cast<int>(std::chrono::weekday(day).c_encoding())};
}

class FakeCalendar : public Calendar {
 public:
  explicit FakeCalendar(const Zone& zone) : zone_(zone) {}
  Expected<v1::CivilMinute> At(SysTime time, const std::string&) override {
    ++asked;
    return Civil(Local(std::chrono::floor<minutes>(time)));
  }
  Minute Local(Minute at) const { return at + (at < kChange ? zone_.before : zone_.after); }
  // Whether a local time that matches comes at this minute for the first time: those between the latest that has come
  // and this one's.
  bool IsDue(const v1::Cron& cron, Minute at) const {
    Minute seen = Local(at - minutes(1));
    if (at > kChange) seen = std::max(seen, Local(kChange - minutes(1)));
    for (Minute local = seen + minutes(1); local <= Local(at); local += minutes(1))
      if (cron.Matches(Civil(local))) return true;
    return false;
  }

  int asked = 0;

 private:
  const Zone& zone_;
};

void CheckNext(const std::string& text, const v1::Cron& cron, SysTime after, const Zone& zone) {
  FakeCalendar calendar(zone);
  const auto next = NextOccurrence(text, zone.name, after, calendar);
  fuzz::Require(next.has_value(), "what can be read has an answer");
  fuzz::Require(calendar.asked <= 10'000, "the calendar is asked some thousand times at most");
  fuzz::Require(next->has_value() == EverComes(cron), "it comes exactly when some day has it");
  if (!*next) return;
  const auto minute = std::chrono::floor<minutes>(**next);
  fuzz::Require(**next > after && minute == **next, "the next time is later, and a whole minute",
                FormatRfc3339(**next));
  fuzz::Require(calendar.IsDue(cron, minute), "the next time matches", FormatRfc3339(**next));
  // Near the beginning and near the answer; what lies between is days that the cron does not name.
  const Minute first = std::chrono::floor<minutes>(after) + minutes(1);
  const auto none = [&](Minute from, Minute to) {
    for (Minute at = from; at < to; at += minutes(1))
      fuzz::Require(!calendar.IsDue(cron, at), "none comes before it", FormatRfc3339(at));
  };
  none(first, std::min<Minute>(minute, first + days(3)));
  none(std::max<Minute>(first, minute - days(3)), minute);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const Zone& zone = kZones[input.Byte() % kZones.size()];
  const int day = input.TwoBytes();  // up to the year 2149
  const int second = input.TwoBytes();
  const SysTime after = SysTime(days(day)) + seconds(second);
  const std::string text(input.Rest());
  const auto cron = v1::Cron::Parse(text);
  if (cron) return CheckNext(text, *cron, after, zone), 0;
  fuzz::Require(cron.error().kind == ErrorKind::Invalid && !cron.error().message.empty(), "what is wrong is said");
  FakeCalendar calendar(zone);
  fuzz::Require(!NextOccurrence(text, zone.name, after, calendar), "what cannot be read has no next time");
  return 0;
}
