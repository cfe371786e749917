// Reads typed values out of a TOML table, and says where in the file something is wrong.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "agent/config/options.hpp"
#include "base/address.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/error.hpp"

namespace honeyswitch::agent {

/// One table of the file. Each get() takes a key; what was not taken when finish() is called is unknown,
/// which is an error, as a misspelt setting must not be a silent default. The first error stays.
class ConfigReader {
  public:
    ConfigReader(const toml::table& table, std::string file) : table_(&table), file_(std::move(file)) {}

    void get(std::string_view key, std::string& value);
    void get(std::string_view key, unsigned& value, unsigned least, unsigned most);
    void get(std::string_view key, Clock::duration& value, const DurationRange& range);
    [[nodiscard]] std::optional<std::string> text(std::string_view key);
    [[nodiscard]] std::vector<std::string> texts(std::string_view key);
    [[nodiscard]] std::vector<Ipv4Address> addresses(std::string_view key);
    [[nodiscard]] std::vector<MacAddress> macs(std::string_view key);
    /// A table below this one; empty if it is missing.
    [[nodiscard]] ConfigReader table(std::string_view key);
    [[nodiscard]] std::vector<ConfigReader> tables(std::string_view key);

    /// Something read from `key` does not do.
    void fail(std::string_view key, std::string reason);
    [[nodiscard]] std::expected<void, Error> finish() const;

  private:
    [[nodiscard]] const toml::node* take(std::string_view key);
    [[nodiscard]] Error error_at(const toml::source_region& place, std::string reason) const;

    const toml::table* table_;
    std::string file_;
    std::vector<std::string> taken_;
    std::optional<Error> error_;
};

}  // namespace honeyswitch::agent
