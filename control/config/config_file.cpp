#include "control/config/config_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/settings/setting_file.hpp"
#include "base/settings/toml_keys.hpp"
#include "base/settings/toml_node.hpp"
#include "control/config/config_records.hpp"
#include "control/config/setting.hpp"

namespace honeyswitch::control {
namespace {

using Read = std::expected<void, Complaint>;

constexpr std::streamsize longest_file = 1 << 22;  // room for the 10,000 rules that there can be

Read read_document(ConfigDraft& draft, const toml::table& document, const std::filesystem::path& folder) {
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
    if (const auto line = line_of_too_deep_key(text))
        return std::unexpected(Complaint{fmt::format("{}:{}", draft.source, *line),
                                         fmt::format("a key has more than {} parts", most_key_parts)});
    try {
        const auto document = toml::parse(text, draft.source);
        if (auto read = read_document(draft, document, path.parent_path()); !read)
            return std::unexpected(read.error());
    } catch (const toml::parse_error& error) {  // the only way in which the library reports bad syntax
        return std::unexpected(Complaint{place_of(error.source()), std::string(error.description())});
    }
    return draft;
}

std::expected<ConfigDraft, Complaint> read_config_file(const std::filesystem::path& path) {
    std::error_code failure;
    if (std::filesystem::is_directory(path, failure))
        return std::unexpected(Complaint{path.string(), "cannot be read: it is a directory"});
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return std::unexpected(
            Complaint{path.string(), fmt::format("cannot be read: {}", std::strerror(errno))});
    std::string text(longest_file + 1, '\0');
    file.read(text.data(), longest_file + 1);
    if (file.gcount() > longest_file)
        return std::unexpected(Complaint{
            path.string(), fmt::format("is no configuration: it has more than {} bytes", longest_file)});
    text.resize(static_cast<std::size_t>(file.gcount()));
    return read_config_text(text, path);
}

std::expected<CheckedConfig, Complaint> load_config(const std::filesystem::path& path) {
    auto draft = read_config_file(path);
    if (!draft) return std::unexpected(draft.error());
    return finish_config(std::move(*draft));
}

}  // namespace honeyswitch::control
