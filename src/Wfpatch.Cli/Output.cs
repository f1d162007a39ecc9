// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Wfpatch.Cli.Views;
using Wfpatch.Core.Refusals;

namespace Wfpatch.Cli;

/// <summary>Where a command's result goes: text or one JSON document on stdout, errors and progress on stderr.</summary>
internal sealed class Output(bool json)
{
    public bool IsJson => json;

    /// <summary>Whether progress may overwrite its own line.</summary>
    public static bool IsTerminal => !Console.IsErrorRedirected;

    public void WriteResult<T>(T document, JsonTypeInfo<T> type, string text)
    {
        Console.Out.WriteLine(json ? JsonSerializer.Serialize(document, type) : text);
    }

    /// <summary>One sentence that says what to do, on stderr; with --json also the document.</summary>
    public int Fail(int code, string sentence, IEnumerable<Refusal> refusals)
    {
        var all = refusals.ToList();
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(
                new PlainDocument(ExitCode.Name(code), sentence, RefusalDocument.Of(all)), DocumentContext.Readable.PlainDocument));
        }
        WriteErrors(sentence, all);
        return code;
    }

    public static void WriteErrors(string sentence, IReadOnlyCollection<Refusal> refusals)
    {
        if (refusals.Count == 0)
        {
            Console.Error.WriteLine($"wfpatch: {sentence}");
        }
        foreach (string line in RefusalView.Refusals(refusals))
        {
            Console.Error.WriteLine(line);
        }
    }
}
