// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Live.Linux;
using Xunit;

namespace Wfpatch.Live.Tests.Processes;

/// <summary>No thread is missing in a list that lived all the time, whoever ends while the kernel lists them.</summary>
public sealed class WholeListingTests
{
    [Fact]
    public void A_thread_is_listed_when_the_one_before_it_ends_at_that_moment()
    {
        var kernel = new Walk([1, 2, 3, 4]) { EndsWhenListed = { 2 } };
        Assert.Equal([1, 2, 4], kernel.List()); // what one list looks like
        kernel = new Walk([1, 2, 3, 4]) { EndsWhenListed = { 2 } };
        Assert.Equal([1, 3, 4], WholeListing.Read(kernel.List));
        Assert.Equal(3, kernel.Lists); // 1 2 4; 1 3 4; 1 3 4
    }

    [Fact]
    public void Nor_does_it_matter_when_one_ends_in_the_second_list_as_well()
    {
        var kernel = new Walk([1, 2, 3, 4, 5]) { EndsWhenListed = { 2, 3 } };
        Assert.Equal([1, 4, 5], WholeListing.Read(kernel.List));
    }

    [Fact]
    public void Two_lists_do_where_nobody_ends()
    {
        var kernel = new Walk([1, 2, 3]);
        Assert.Equal([1, 2, 3], WholeListing.Read(kernel.List));
        Assert.Equal(2, kernel.Lists);
    }

    [Fact]
    public void A_process_that_ends_meanwhile_has_no_threads()
    {
        var lists = new Queue<ImmutableArray<int>>([[1, 2], [], []]);
        Assert.Equal([], WholeListing.Read(lists.Dequeue));
    }

    [Fact]
    public void Threads_that_never_stop_ending_do_not_keep_it_for_ever()
    {
        int next = 1;
        Assert.Equal(2, WholeListing.Read(() => [next++]).Length);
    }

    /// <summary>next_tid() and first_tid() of fs/proc/base.c: who ends while the walk stands at it ends the walk, which then goes on by count.</summary>
    private sealed class Walk(IEnumerable<int> threads)
    {
        private readonly List<int> _threads = [.. threads];

        public HashSet<int> EndsWhenListed { get; } = [];

        public int Lists { get; private set; }

        public ImmutableArray<int> List()
        {
            Lists++;
            var listed = new List<int>();
            for (int position = 0; position < _threads.Count; position++)
            {
                int thread = _threads[position];
                listed.Add(thread);
                if (EndsWhenListed.Remove(thread))
                {
                    _threads.Remove(thread);
                }
            }
            return [.. listed];
        }
    }
}
