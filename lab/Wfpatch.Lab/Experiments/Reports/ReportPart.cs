// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Lab.Pictures;

namespace Wfpatch.Lab.Experiments.Reports;

/// <summary>What a report is made of, whatever its format. Text is plain, and never markup.</summary>
internal abstract record ReportPart;

/// <param name="Level">1 is the report's own title.</param>
internal sealed record Heading(int Level, string Text) : ReportPart;

internal sealed record Paragraph(string Text) : ReportPart;

internal sealed record Bullets(ImmutableArray<string> Lines) : ReportPart;

internal sealed record Grid(ImmutableArray<string> Columns, ImmutableArray<ImmutableArray<string>> Rows) : ReportPart;

/// <param name="Name">Of its files, without what tells their format.</param>
internal sealed record Picture(string Name, Drawing Drawing, string Caption) : ReportPart;
