// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>
/// Code without an unwind table in which the stack looks as it does at one other place. Trampolines are described so: up to
/// and with the relocated instruction like the redirected function's entry, behind it like that function's second instruction.
/// </summary>
public readonly record struct CodeAlias(AddressRange Range, Address SameAs);
