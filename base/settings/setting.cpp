#include "base/settings/setting.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sys/un.h>

namespace honeyswitch {

std::string SettingInfo::name() const {
    return table_in_option && !table.empty() ? fmt::format("{}.{}", table, key) : std::string(key);
}

std::string SettingInfo::option() const {
    auto option = "--" + name();
    std::ranges::replace(option, '_', '-');
    std::ranges::replace(option, '.', '-');
    return option;
}

std::expected<std::filesystem::path, std::string> parse_path(std::string_view text) {
    if (text.empty() || text.contains('\0')) return std::unexpected("a path cannot be empty");
    return std::filesystem::path(text);
}

std::expected<std::filesystem::path, std::string> parse_socket_path(std::string_view text) {
    if (text.size() >= sizeof(sockaddr_un::sun_path))
        return std::unexpected(fmt::format("'{}' is too long for a Unix socket: at most {} characters", text,
                                           sizeof(sockaddr_un::sun_path) - 1));
    return parse_path(text);
}

std::string renewed_value(const SettingInfo& setting, std::string_view text, const std::string& place,
                          std::string_view title, std::vector<Complaint>& warnings) {
    auto renewed = setting.renewed ? setting.renewed(text) : std::nullopt;
    if (!renewed) return std::string(text);
    warnings.push_back({place, fmt::format("{}: '{}' is now written '{}'", title, text, *renewed)});
    return std::move(*renewed);
}

}  // namespace honeyswitch
