#ifndef SERVICES_PROCESS_SOURCE_REVISION_H_
#define SERVICES_PROCESS_SOURCE_REVISION_H_

namespace cvr {

// The revision of the sources that the program was built from, as
// `--embed_label` told the build (CONTRIBUTING.md); empty = not known.
const char* SourceRevision();

}  // namespace cvr

#endif  // SERVICES_PROCESS_SOURCE_REVISION_H_
