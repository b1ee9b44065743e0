#include "controller/trigger/refs_memo.h"

#include <utility>

namespace tinyforge {
namespace {

constexpr std::size_t kNotesKept = 16;

}  // namespace

std::shared_ptr<RefsMemo::Note> RefsMemo::NoteOf(const std::string& url) {
  auto notes = notes_.Lock();
  if (notes->size() >= kNotesKept && !notes->contains(url)) notes->clear();
  auto& note = (*notes)[url];
  if (!note) note = std::make_shared<Note>();
  return note;
}

Expected<std::shared_ptr<const RefsMemo::Listing>> RefsMemo::List(const std::string& repository, SteadyTime since,
                                                                  std::stop_token stop) {
  auto url = remote_.Locate(repository);
  if (!url) return std::move(url).error().Within(repository);
  const std::shared_ptr<Note> note = NoteOf(*url);
  const std::lock_guard one_at_a_time(note->asking);
  if (note->answer && note->asked >= since) return note->answer;
  const SteadyTime asked = clock_.Now();
  auto refs = remote_.List(*url, stop);
  if (!refs) return std::move(refs).error();
  note->asked = asked;
  note->answer = std::make_shared<const Listing>(Listing{*url, std::move(*refs)});
  return note->answer;
}

}  // namespace tinyforge
