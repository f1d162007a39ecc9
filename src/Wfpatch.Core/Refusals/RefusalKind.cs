// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Refusals;

/// <summary>One row of the table of codes. The code never changes its meaning; a row is never taken out of use for another one.</summary>
/// <param name="Code">WF and three digits: 1xx patch and ELF files, 2xx building and diffing, 3xx matching, 4xx redirects,
/// 5xx linking, 6xx target, 7xx transition.</param>
/// <param name="Name">The code in words, lower case with hyphens.</param>
/// <param name="Meaning">What it means, one sentence, for docs/codes.md.</param>
/// <param name="Remedy">What the reader can do about it, one sentence.</param>
public sealed record RefusalKind(string Code, string Name, string Meaning, string Remedy)
{
    public Refusal About(string subject, string sentence) => new(this, subject, sentence);
}
