// Settings on a command line: each has an option of its own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/complaint.hpp"
#include "base/settings/setting.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace honeyswitch {

/// The options of one table of settings. They are read after the file, since they override it.
class SettingOptions {
  public:
    /// Adds the options to `app`, which must outlive this. `defaults`: what the help shows. `record`: of
    /// which record of the file these are the settings, "domain"; empty if they are the file's.
    SettingOptions(CLI::App& app, std::span<const BoundSetting> defaults, std::string_view record = "");

    /// Sets what was given. `settings`: those of the constructor, of the object to set. `value`: what their
    /// names in the provenance begin with. A list replaces the one of the file.
    void apply(std::span<const BoundSetting> settings, Provenance& provenance, Complaints& complaints,
               const std::string& value = "") const;

    /// The options that were given of settings by these names ("vlan", "sweep.rate"), as they were written.
    [[nodiscard]] std::vector<std::string> given(std::span<const std::string_view> names) const;

  private:
    struct Spelling {
        std::string name;  ///< "--probe-hold"
        const CLI::Option* option = nullptr;
    };
    struct Entry {
        const SettingInfo* info = nullptr;
        Spelling today;
        std::vector<Spelling> former;

        /// The spelling that was used; null if none was, and a complaint if more than one was.
        [[nodiscard]] const Spelling* used(Complaints& complaints) const;
    };

    std::vector<Entry> entries_;
};

/// The options of `app` that its help shows: "--workers".
[[nodiscard]] std::vector<std::string> shown_options(const CLI::App& app);

/// For words that `app` did not understand: the first option of them, as a word after one is its argument.
[[nodiscard]] Complaint unknown_argument(const CLI::App& app);

}  // namespace honeyswitch
