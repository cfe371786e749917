// What a running agent says of itself, as JSON.
#pragma once

#include <memory>
#include <string>

namespace honeyswitch::agent {

class Domain;
class InterfacePort;
class Reporter;

/// Collects the parts of one answer. Durations are in microseconds, and say so in their names.
class StatusReport {
  public:
    StatusReport();
    ~StatusReport();
    StatusReport(const StatusReport&) = delete;
    StatusReport& operator=(const StatusReport&) = delete;

    void add(const Domain& domain);
    void add(const InterfacePort& port);
    void add(const std::string& controller, const Reporter& reporter);
    /// Ends with a line feed.
    [[nodiscard]] std::string text() const;

  private:
    struct Json;
    std::unique_ptr<Json> json_;
};

}  // namespace honeyswitch::agent
