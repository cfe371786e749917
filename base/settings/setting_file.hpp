// Settings in a configuration file (TOML).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "base/complaint.hpp"
#include "base/settings/setting.hpp"

namespace honeyswitch {

/// Reads the settings of one object out of a table of TOML and the tables in it. All that is wrong is told,
/// and each value's place is noted.
class SettingFile {
  public:
    /// What stands beside the settings in the table.
    struct Others {
        std::vector<std::string_view> names;
        /// Is asked with the value of one of the names.
        std::function<void(std::string_view, const toml::node&)> read;
    };

    /// `record`: of which record these are the settings, "domain"; empty if they are those of the file.
    /// `value`: what their names in the provenance begin with: "[[domain]][0].".
    SettingFile(Provenance& provenance, Complaints& complaints, std::string record = "",
                std::string value = "")
        : provenance_(provenance),
          complaints_(complaints),
          record_(std::move(record)),
          value_(std::move(value)) {}

    void read(const toml::table& table, std::span<const BoundSetting> settings, const Others& others = {});

  private:
    struct Found {
        const BoundSetting* setting = nullptr;
        const FormerKey* former = nullptr;  ///< null: it has the name of today
    };

    [[nodiscard]] Found find(std::string_view table, std::string_view key) const;
    [[nodiscard]] bool is_table(std::string_view name) const;
    void read_table(std::string_view name, const toml::table& table);
    void read_setting(const Found& found, const toml::key& key, const toml::node& node);
    void read_list(const BoundSetting& setting, const toml::node& node);
    void read_value(const BoundSetting& setting, const toml::node& node, const std::string& value);
    /// Whether a setting by a former name is the only one that says its value.
    [[nodiscard]] bool is_alone(const Found& found, const toml::key& key);
    [[nodiscard]] std::string title(std::string_view table, std::string_view key) const;
    [[nodiscard]] std::string suggest_place(std::string_view key, const Others& others) const;
    void complain(const toml::source_region& place, std::string reason);

    Provenance& provenance_;
    Complaints& complaints_;
    std::string record_, value_;
    const toml::table* root_ = nullptr;
    std::span<const BoundSetting> settings_;
};

}  // namespace honeyswitch
