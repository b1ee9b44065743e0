#include "controller/runtime/process_metrics.h"

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

namespace tinyforge {
namespace {

// The fields of /proc/self/stat that are used, in the order of proc(5), and in its units.
struct Stat {
  double user_ticks = 0;
  double system_ticks = 0;
  double start_ticks = 0;  // after boot
  double resident_pages = 0;
};

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<Stat> ReadStat() {
  const std::string text = ReadFile("/proc/self/stat");
  const std::size_t name_end = text.rfind(')');  // the process name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  Stat stat;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  fields >> stat.user_ticks >> stat.system_ticks;
  for (int field = 16; field < 22; ++field) fields >> skipped;
  fields >> stat.start_ticks >> skipped >> stat.resident_pages;
  if (!fields) return std::nullopt;
  return stat;
}

std::optional<double> BootTime() {
  std::istringstream lines(ReadFile("/proc/stat"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  return std::nullopt;
}

std::optional<double> OpenFds() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  double count = -1;  // the iterator's own
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) ++count;
  if (error) return std::nullopt;
  return count;
}

prometheus::MetricFamily Family(const char* name, const char* help, prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {name, help, type, {metric}};
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics() {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  if (const auto stat = ReadStat()) {
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    families.push_back(Family("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                              MetricType::Counter, (stat->user_ticks + stat->system_ticks) / ticks));
    families.push_back(Family("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge,
                              stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE))));
    if (const auto boot = BootTime()) {
      families.push_back(Family("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
                                MetricType::Gauge, *boot + stat->start_ticks / ticks));
    }
  }
  if (const auto fds = OpenFds())
    families.push_back(Family("process_open_fds", "Number of open file descriptors.", MetricType::Gauge, *fds));
  return families;
}

}  // namespace tinyforge
