#ifndef SERVICES_METADATA_CONVERSION_AUDIT_EVENT_CONVERSION_H_
#define SERVICES_METADATA_CONVERSION_AUDIT_EVENT_CONVERSION_H_

#include "cvr/v1/audit_event.pb.h"
#include "services/metadata/store/stored_audit_event.pb.h"

namespace cvr {

// Between audit events and their rows. What only one of the two has stays
// behind: conversion_test.cc lists it. Pure.
stored::AuditEvent ToStored(const v1::AuditEvent& from);
v1::AuditEvent ToApi(const stored::AuditEvent& from);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_AUDIT_EVENT_CONVERSION_H_
