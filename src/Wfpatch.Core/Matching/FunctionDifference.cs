// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Matching;

/// <summary>A function of a build that an installed program does not have like that.</summary>
/// <param name="Unit">Empty for a global one.</param>
/// <param name="Why">A part of a sentence, for people: "its code differs from +0x1c on".</param>
public readonly record struct FunctionDifference(string Name, string Unit, string Why);
