#ifndef GATEWAY_REST_PAGES_H_
#define GATEWAY_REST_PAGES_H_

#include <cstdint>
#include <string>

#include "gateway/rest/rest_call.h"

namespace cvr::rest {

// Which part of a list a request asks for: `page` and `per_page`.
struct PageWanted {
  int64_t page = 1;      // From 1.
  int64_t per_page = 0;  // 1 to 100.

  int64_t first() const { return (page - 1) * per_page; }
};
PageWanted PageOf(const Arguments& arguments);

// X-Total and its kin, and Link, for a list of `total`. Link's URLs are those
// of the request with another page.
void AddPageFields(const RestCall& call, const PageWanted& wanted,
                   int64_t total, HttpFields& fields);

}  // namespace cvr::rest

#endif  // GATEWAY_REST_PAGES_H_
