#include "base/settings/setting_options.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/nearest_name.hpp"

namespace honeyswitch {
namespace {

using Kind = SettingInfo::Kind;

std::string described(const BoundSetting& setting) {
    const auto initial = setting.show();
    return initial.empty() || setting.info->kind == Kind::boolean
               ? setting.info->help
               : fmt::format("{} [{}]", setting.info->help, initial);
}

CLI::Option* add_option(CLI::App& app, const std::string& name, const SettingInfo& setting,
                        const std::string& description) {
    if (setting.kind == Kind::boolean) return app.add_flag_callback(name, [] {}, description);
    const CLI::callback_t keep = [](const CLI::results_t&) { return true; };  // read later, over the file
    auto* const option = app.add_option(name, keep, description);
    option->type_name(setting.value);
    if (setting.kind == Kind::list) {
        // One argument each time, so that what follows is never swallowed.
        option->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    return option;
}

/// A table of the file, as it is written there.
std::string group_of(std::string_view table, std::string_view record) {
    if (record.empty()) return table.empty() ? "Keys at the top of the file" : fmt::format("[{}]", table);
    return table.empty() ? fmt::format("[[{}]]", record) : fmt::format("[{}.{}]", record, table);
}

/// The elements of a list that the file has.
void forget_places(Provenance& provenance, const std::string& list) {
    std::erase_if(provenance.places, [&](const auto& place) { return place.first.starts_with(list + "["); });
}

}  // namespace

SettingOptions::SettingOptions(CLI::App& app, std::span<const BoundSetting> defaults,
                               std::string_view record) {
    for (const auto& setting : defaults) {
        const auto& info = *setting.info;
        Entry entry{&info, {info.option(), nullptr}, {}};
        auto* const option = add_option(app, entry.today.name, info, described(setting));
        option->group(group_of(info.table, record));
        entry.today.option = option;
        for (const auto& name : info.former_options) {
            auto* const former = add_option(app, name, info, "");
            former->group("");  // the help does not show it
            entry.former.push_back({name, former});
        }
        entries_.push_back(std::move(entry));
    }
}

const SettingOptions::Spelling* SettingOptions::Entry::used(Complaints& complaints) const {
    const Spelling* found = today.option->count() == 0 ? nullptr : &today;
    for (const auto& spelling : former) {
        if (spelling.option->count() == 0) continue;
        if (found != nullptr)
            complaints.add({spelling.name, fmt::format("it is now called {}, and {} is there as well",
                                                       today.name, found->name)});
        else
            found = &spelling;
    }
    return found;
}

void SettingOptions::apply(std::span<const BoundSetting> settings, Provenance& provenance,
                           Complaints& complaints, const std::string& value) const {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto& info = *entries_[i].info;
        const auto* const spelling = entries_[i].used(complaints);
        if (spelling == nullptr) continue;
        if (spelling != &entries_[i].today)
            provenance.warnings.push_back(
                {"", fmt::format("{} is now called {}", spelling->name, entries_[i].today.name)});
        const auto name = value + info.name();
        if (info.kind == Kind::list) {
            settings[i].clear();
            forget_places(provenance, name);
        }
        const auto& results = spelling->option->results();
        for (std::size_t j = 0; j < results.size(); ++j) {
            const auto today = renewed_value(info, results[j], "", spelling->name, provenance.warnings);
            if (auto set = settings[i].set(today); !set)
                complaints.add({spelling->name, set.error()});
            else
                provenance.places.insert_or_assign(
                    info.kind == Kind::list ? fmt::format("{}[{}]", name, j) : name, spelling->name);
        }
    }
}

std::vector<std::string> SettingOptions::given(std::span<const std::string_view> names) const {
    std::vector<std::string> found;
    for (const auto& entry : entries_) {
        if (std::ranges::find(names, entry.info->name()) == names.end()) continue;
        if (entry.today.option->count() != 0) found.push_back(entry.today.name);
        for (const auto& spelling : entry.former)
            if (spelling.option->count() != 0) found.push_back(spelling.name);
    }
    return found;
}

std::vector<std::string> shown_options(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* const option : app.get_options())
        if (!option->get_group().empty()) names.push_back("--" + option->get_single_name());
    return names;
}

Complaint unknown_argument(const CLI::App& app) {
    const auto rest = app.remaining();
    const auto found = std::ranges::find_if(rest, [](const auto& word) { return word.starts_with('-'); });
    if (found == rest.end()) return {"", fmt::format("unexpected argument '{}'", rest.front())};
    const auto names = shown_options(app);
    return {"", fmt::format("unknown option '{}'{}", *found,
                            suggest_name(*found, std::vector<std::string_view>(names.begin(), names.end())))};
}

}  // namespace honeyswitch
