// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Elf;

namespace Wfpatch.Core.Diffing;

/// <summary>One translation unit in both builds. The same <see cref="ElfFile"/> on both sides: known to be unchanged.</summary>
/// <param name="Unit">How the patch tells local symbols of this unit from those of others: the object's path within its tree.</param>
/// <param name="Old">Null for a unit that is new.</param>
/// <param name="New">Null for a unit that is gone.</param>
public sealed record UnitPair(string Unit, ElfFile? Old, ElfFile? New);
