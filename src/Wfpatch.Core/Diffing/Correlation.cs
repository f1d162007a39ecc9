// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Core.Diffing.Objects;

namespace Wfpatch.Core.Diffing;

/// <summary>Which piece of the new object is which of the old one; -1 stands for none.</summary>
/// <param name="Undecided">Old and new pieces with state that share a name but cannot be told apart.</param>
internal sealed record Correlation(ImmutableArray<int> NewToOld, ImmutableArray<int> OldToNew, ImmutableArray<Piece> Undecided);
