// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Documents;

/// <summary>The guides for authors: each example in them does what they say.</summary>
public sealed class PatchAuthorsTests
{
    private static readonly string[] Documents = ["patch-authors.md", "patch-authors-callbacks.md"];

    public static TheoryData<string, string> Sections
    {
        get
        {
            var sections = new TheoryData<string, string>();
            foreach (string document in Documents.Where(d => File.Exists(RepositoryRoot.Combine("docs", d))))
            {
                foreach (var section in DocumentExamples.Read(document))
                {
                    sections.Add(document, section.Title);
                }
            }
            return sections;
        }
    }

    [Theory]
    [MemberData(nameof(Sections))]
    public async Task The_examples_of_a_section_do_what_it_says(string document, string title)
    {
        var section = DocumentExamples.Read(document).Single(s => s.Title == title);
        for (int run = 1; ; run++)
        {
            string script = ScratchFolder.NewFile("examples.sh");
            string folder = Path.GetDirectoryName(script)!;
            await File.WriteAllTextAsync(script, section.Script(), TestContext.Current.CancellationToken);
            string path = $"{Path.GetDirectoryName(WfpatchCommand.Path)}:{Environment.GetEnvironmentVariable("PATH")}";
            var result = await ChildProcess.RunAsync(
                CommandLine.Of("env", $"PATH={path}", $"XDG_CACHE_HOME={folder}/cache", $"INCLUDE={RepositoryRoot.Combine("include")}", "sh", "-c", $"cd {folder} && exec sh examples.sh"),
                TestContext.Current.CancellationToken);
            // That there may be no room is also a note of the build, which changes nothing.
            string? difference = section.FindDifference(result.Output);
            if (await PatchableTarget.LacksRoomAsync(run, difference is not null && result.Output.Contains(" WF404 ", StringComparison.Ordinal) ? [title] : []))
            {
                continue;
            }
            Assert.Null(difference);
            return;
        }
    }
}
