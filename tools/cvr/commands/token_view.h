#ifndef TOOLS_CVR_COMMANDS_TOKEN_VIEW_H_
#define TOOLS_CVR_COMMANDS_TOKEN_VIEW_H_

#include <string>
#include <vector>

#include "cvr/v1/access_token.pb.h"

namespace cvr {

// Access tokens as a table, and one with all its fields.
std::string TokenTable(const std::vector<v1::AccessToken>& tokens);
std::string TokenFields(const v1::AccessToken& token);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_TOKEN_VIEW_H_
