// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Refusals;

/// <summary>Why something cannot be done: a stable code, what it is about, and one sentence for the reader.</summary>
/// <param name="Kind">The row of the table of codes.</param>
/// <param name="Subject">The function, thread, symbol, section or file that is concerned.</param>
/// <param name="Sentence">One sentence that names the subject and says what to do where something can be done.</param>
public sealed record Refusal(RefusalKind Kind, string Subject, string Sentence)
{
    public string Code => Kind.Code;

    /// <summary>Where the subject stands in the sources; null where nothing tells.</summary>
    public SourcePlace? Place { get; init; }

    public override string ToString() => $"{Kind.Code} {Subject}: {Sentence}";
}
