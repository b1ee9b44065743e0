// What wraps every reconcile pass: one place for the crash barrier, storing, retries, metrics and log lines, so that
// reconcilers hold none of them.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "api-types/meta/object.h"
#include "controller/runtime/clock.h"
#include "controller/runtime/guarded.h"
#include "controller/runtime/log.h"
#include "controller/runtime/metrics.h"
#include "controller/runtime/redactor.h"
#include "controller/runtime/work_queue.h"
#include "reconcilers/core/ports.h"
#include "reconcilers/core/reconciler.h"

namespace tinyforge {

// Takes a key, lets the reconciler of its kind look at it, stores status and events once, and decides when the key
// comes back:
//   no error            after requeue_after, else not by itself
//   Transient           after the queue's backoff
//   Waiting, NotFound,  after requeue_after, else on the queue's waiting schedule
//   Conflict
//   Terminal, Invalid   not by itself: a change of the spec, an event or a resync brings it back
//   an exception        like Transient, with conditions Stalled=True and Ready=False, reason InternalError
//
// With an error and a status, the status explains the error already. With an error and no status, the stored status
// gets Ready=False with the error's kind as reason (and Stalled=True for Terminal and Invalid). Texts are redacted
// before they are stored. An error that repeats is logged once, at level debug after that. Thread-safe: any number of
// threads may run one Worker.
class Worker {
 public:
  // All outlive the worker.
  struct Parts {
    WorkQueue& queue;
    std::map<Kind, Reconciler*> reconcilers;  // a key of another kind is dropped
    ObjectStore& store;                       // where a status equal to the stored one costs no write
    const Clock& clock;
    Metrics& metrics;
    Logger& logger;
    const Redactor& redactor;
  };

  explicit Worker(Parts parts);

  // One pass over the key that is due. False when none is.
  bool RunOnce();
  // Passes until `stop` is requested; a pass under way is finished.
  void Run(std::stop_token stop);

 private:
  struct Pass;

  void Process(const ObjectKey& key);
  void RunPass(Pass& pass);
  void Reconcile(Pass& pass);
  void ExplainError(Pass& pass);
  void Redact(Outcome& outcome) const;
  void Store(const Pass& pass);
  void Schedule(Pass& pass);
  void ComeBack(Pass& pass);
  void Report(const Pass& pass);
  // True when the last pass over the key did not end with the same error.
  bool IsNews(const ObjectKey& key, const std::optional<Error>& error);

  const Parts parts_;
  Guarded<std::map<ObjectKey, std::string>> last_errors_;  // of objects whose last pass ended with one
};

// Threads that run one Worker. The destructor lets passes under way finish.
class WorkerPool {
 public:
  // threads: 0 for as many as the machine has cores.
  WorkerPool(Worker& worker, unsigned threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  std::size_t size() const { return threads_.size(); }

 private:
  std::vector<std::jthread> threads_;
};

}  // namespace tinyforge
