#include "control/config/config_file.hpp"

#include <toml++/toml.h>

#include "base/settings/setting_file.hpp"
#include "base/settings/toml_document.hpp"
#include "control/config/config_records.hpp"
#include "control/config/setting.hpp"

namespace honeyswitch::control {
namespace {

using Read = std::expected<void, Complaint>;

Read read_records_and_settings(ConfigDraft& draft, const toml::table& document,
                               const std::filesystem::path& folder) {
    Complaints complaints;
    const auto read_record = [&](std::string_view name, const toml::node& node) {
        complaints.add(read_records(draft, name, node, folder));
    };
    SettingFile(draft, complaints)
        .read(document, bind_settings(settings(), draft.config), {record_names(), read_record});
    in_order_of_lines(draft.warnings);
    return complaints.in_order_of_lines();
}

}  // namespace

std::expected<ConfigDraft, Complaint> read_config_text(std::string_view text,
                                                       const std::filesystem::path& path) {
    ConfigDraft draft;
    draft.source = path.string();
    const auto document = parse_document(text, draft.source);
    if (!document) return std::unexpected(document.error());
    if (auto read = read_records_and_settings(draft, *document, path.parent_path()); !read)
        return std::unexpected(read.error());
    return draft;
}

std::expected<ConfigDraft, Complaint> read_config_file(const std::filesystem::path& path) {
    const auto text = read_document_text(path);
    if (!text) return std::unexpected(text.error());
    return read_config_text(*text, path);
}

std::expected<CheckedConfig, Complaint> load_config(const std::filesystem::path& path) {
    auto draft = read_config_file(path);
    if (!draft) return std::unexpected(draft.error());
    return finish_config(std::move(*draft));
}

}  // namespace honeyswitch::control
