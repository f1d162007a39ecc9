// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Matching;

/// <summary>Where a thread-local variable lies in its module's block, whichever thread's (Drepper, "ELF Handling For Thread-Local Storage", section 3).</summary>
/// <param name="Module">The loader's number of the module; null where only the offset is known, which is then one in the object's own module.</param>
/// <param name="Offset">Bytes from the start of the module's block.</param>
public readonly record struct ThreadPlace(ulong? Module, ulong Offset);
