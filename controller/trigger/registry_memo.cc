#include "controller/trigger/registry_memo.h"

namespace tinyforge {
namespace {

constexpr std::size_t kNotesKept = 256;

std::string KeyOf(const RegistryQuery& query) {
  return query.repository + "\n" + (query.pull_secret ? query.pull_secret->fingerprint : "");
}

}  // namespace

template <class T>
Expected<T> RegistryMemo::Recall(Guarded<Notes<T>>& notes, const std::string& key, SteadyTime since,
                                 const std::function<Expected<T>()>& ask) {
  std::shared_ptr<Note<T>> note;
  {
    auto known = notes.Lock();
    if (known->size() >= kNotesKept && !known->contains(key)) known->clear();
    auto& place = (*known)[key];
    if (!place) place = std::make_shared<Note<T>>();
    note = place;
  }
  const std::lock_guard one_at_a_time(note->asking);
  if (note->answer && note->asked >= since && *note->answer) return *note->answer;
  const SteadyTime asked = clock_.Now();
  note->answer = ask();
  note->asked = asked;
  return *note->answer;
}

Expected<std::vector<std::string>> RegistryMemo::Tags(const RegistryQuery& query, SteadyTime since,
                                                      std::stop_token stop) {
  return Recall<std::vector<std::string>>(tags_, KeyOf(query), since, [&] { return registry_.Tags(query, stop); });
}

Expected<std::string> RegistryMemo::Digest(const RegistryQuery& query, const std::string& tag, SteadyTime since,
                                           std::stop_token stop) {
  return Recall<std::string>(digests_, KeyOf(query) + "\n" + tag, since,
                             [&] { return registry_.Digest(query, tag, stop); });
}

Expected<SysTime> RegistryMemo::Created(const RegistryQuery& query, const std::string& digest, std::stop_token stop) {
  return registry_.Created(query, digest, stop);
}

}  // namespace tinyforge
