// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Testing;

namespace Wfpatch.Live.Tests.Documents;

/// <summary>The examples of one section of a document: a fenced block whose head has a file's name is that file; the lines of a console block are
/// commands ("$ ...") and what they print, by parts of lines, "..." for what is left out.</summary>
/// <param name="Title">The section's heading.</param>
/// <param name="Steps">Files and commands in their order.</param>
public sealed record DocumentExamples(string Title, ImmutableArray<DocumentExamples.Step> Steps)
{
    private const string Fence = "```", Prompt = "$ ", Console = "console";

    /// <param name="File">Null for a command.</param>
    /// <param name="Text">The file's content, or the command.</param>
    /// <param name="Printed">What the command prints.</param>
    public sealed record Step(string? File, string Text, ImmutableArray<string> Printed);

    /// <summary>The sections (##) of a document of docs/ that have examples.</summary>
    public static ImmutableArray<DocumentExamples> Read(string document) => [.. Sections(File.ReadAllLines(RepositoryRoot.Combine("docs", document))).Where(s => !s.Steps.IsEmpty)];

    private static IEnumerable<DocumentExamples> Sections(string[] lines)
    {
        string title = "";
        var steps = ImmutableArray.CreateBuilder<Step>();
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("## ", StringComparison.Ordinal))
            {
                yield return new(title, steps.DrainToImmutable());
                title = lines[i][3..];
            }
            else if (lines[i].StartsWith(Fence, StringComparison.Ordinal))
            {
                string[] head = lines[i][Fence.Length..].Split(' ');
                var block = lines.Skip(i + 1).TakeWhile(l => l != Fence).ToList();
                i += block.Count + 1;
                steps.AddRange(head is [_, var file] ? [new Step(file, string.Concat(block.Select(l => l + "\n")), [])] : head is [Console] ? Commands(block) : []);
            }
        }
        yield return new(title, steps.DrainToImmutable());
    }

    private static IEnumerable<Step> Commands(List<string> block)
    {
        for (int i = 0; i < block.Count; i++)
        {
            var printed = block.Skip(i + 1).TakeWhile(l => !l.StartsWith(Prompt, StringComparison.Ordinal)).ToImmutableArray();
            yield return new(null, block[i][Prompt.Length..], printed);
            i += printed.Length;
        }
    }

    /// <summary>A script for sh(1) that makes all of it in the folder that it runs in. Each command's output follows a line with <see cref="Mark"/>.</summary>
    public string Script()
    {
        var script = new StringBuilder("trap 'kill $! 2>/dev/null' EXIT\n");
        foreach (var step in Steps)
        {
            script.Append(step.File is { } file
                ? $"mkdir -p \"$(dirname {file})\"; cat > {file} <<'END-OF-{file}'\n{step.Text}END-OF-{file}\n"
                : $"echo '{Mark}'\n{{ {step.Text}\n}} 2>&1\n");
        }
        return script.ToString();
    }

    public const string Mark = "<<<<";

    /// <summary>What is wrong with the output of the script, or null.</summary>
    public string? FindDifference(string output)
    {
        string[] printed = output.Split(Mark + "\n")[1..];
        var commands = Steps.Where(s => s.File is null).ToList();
        if (printed.Length != commands.Count)
        {
            return $"{printed.Length} of {commands.Count} commands were run:\n{output}";
        }
        foreach (var (command, text) in commands.Zip(printed))
        {
            int at = 0;
            foreach (string line in command.Printed.Where(l => l != "..."))
            {
                int found = text.IndexOf(line, at, StringComparison.Ordinal);
                if (found < 0)
                {
                    return $"$ {command.Text}\nis to print: {line}\nand printed:\n{text}";
                }
                at = found + line.Length;
            }
        }
        return null;
    }
}
