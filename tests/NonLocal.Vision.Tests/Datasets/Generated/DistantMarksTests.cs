using NonLocal.Vision.Datasets.Generated;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Tests.Datasets.Generated;

public class DistantMarksTests
{
    // Red, green, blue and yellow of the kinds 0 to 3.
    private static readonly int[][] Colours = [[225, 60, 50], [60, 190, 70], [60, 100, 230], [230, 200, 50]];

    [Fact]
    public void Read_SameSeedAndIndex_SameBits()
    {
        Picture picture = new DistantMarks(20, seed: 3).Read(7);

        Assert.Equal((32, 32, 3), (picture.Width, picture.Height, picture.Channels));
        Assert.Equal(picture.Bytes, new DistantMarks(40, seed: 3).Read(7).Bytes);
        Assert.NotEqual(picture.Bytes, new DistantMarks(20, seed: 4).Read(7).Bytes);
        Assert.NotEqual(picture.Bytes, new DistantMarks(20, seed: 3).Read(9).Bytes);
    }

    [Theory]
    [InlineData(32, 5, 16, 4)]
    [InlineData(24, 3, 21, 2)]
    [InlineData(48, 7, 30, 8)]
    public void Marks_AnyDifficulty_AreFarApartInsideAndFitTheLabel(int size, int markSize, int distance, int kinds)
    {
        DistantMarks set = new(500, seed: 1, new() { Size = size, MarkSize = markSize, Distance = distance, Kinds = kinds });

        for (int i = 0; i < set.Count; i++)
        {
            (Mark first, Mark second) = set.Marks(i);
            Assert.Equal(set.ClassNames[set.Label(i)] == "match", first.Kind == second.Kind);
            Assert.True(Math.Max(Math.Abs(first.X - second.X), Math.Abs(first.Y - second.Y)) >= distance);
            Assert.All(
                [first.X, first.Y, second.X, second.Y],
                place => Assert.InRange(place, markSize / 2, size - 1 - (markSize / 2)));
            Assert.InRange(Math.Max(first.Kind, second.Kind), 0, kinds - 1);
        }
    }

    [Fact]
    public void Marks_InBothClasses_HaveTheSameKindsAndPlaces()
    {
        // By class: how often each mark has each kind, and lies in each quarter.
        DistantMarks set = new(8000, seed: 2);
        int[,] kinds = new int[2, 8];
        int[,] quarters = new int[2, 8];
        for (int i = 0; i < set.Count; i++)
        {
            (Mark first, Mark second) = set.Marks(i);
            kinds[set.Label(i), first.Kind]++;
            kinds[set.Label(i), 4 + second.Kind]++;
            quarters[set.Label(i), Quarter(first)]++;
            quarters[set.Label(i), 4 + Quarter(second)]++;
        }

        // 1000 expected of 4000, deviation 27.
        foreach (int count in kinds.Cast<int>().Concat(quarters.Cast<int>()))
        {
            Assert.InRange(count, 870, 1130);
        }

        static int Quarter(Mark mark) => (mark.X < 16 ? 0 : 1) + (mark.Y < 16 ? 0 : 2);
    }

    [Fact]
    public void LinearProbe_OnPixels_StaysNearChance()
    {
        DistantMarks set = new(3000, seed: 5, new() { Clutter = 4, Noise = 4 });

        double match = MeanProbe(set, set.Label);
        double control = MeanProbe(set, i => set.Marks(i) is ({ Kind: 0 }, _) or (_, { Kind: 0 }) ? 1 : 0);

        Assert.True(control > 0.65, $"the probe sees nothing at all: {control}, and {match} of the class");
        Assert.InRange(match, 0.44, 0.56);
    }

    [Fact]
    public void WindowHistogram_OfBothClasses_IsTheSame()
    {
        // How often a window of 5 × 5 pixels contains each set of colours, over all windows of all pictures of a class.
        DistantMarks set = new(2000, seed: 6, new() { Clutter = 4, Noise = 0 });
        double[,] shares = new double[2, 16];
        for (int i = 0; i < set.Count; i++)
        {
            int[] colours = NearestColours(set.Read(i));
            for (int start = 0; start < 28 * 28; start++)
            {
                int seen = 0;
                for (int k = 0; k < 25; k++)
                {
                    int colour = colours[(((start / 28) + (k / 5)) * 32) + (start % 28) + (k % 5)];
                    seen |= colour < 0 ? 0 : 1 << colour;
                }

                shares[set.Label(i), seen] += 1.0 / (28 * 28 * 1000);
            }
        }

        for (int seen = 1; seen < 16; seen++)
        {
            // No window sees two marks, and each colour is seen equally often.
            bool one = int.IsPow2(seen);
            Assert.Equal(shares[0, seen], shares[1, seen], 0.006);
            Assert.True(one == shares[0, seen] > 0, $"{seen}: {shares[0, seen]}");
        }
    }

    [Fact]
    public void GlobalCheck_OfMarksInPixels_TellsEveryClass()
    {
        DistantMarks set = new(600, seed: 7);
        int right = 0;
        for (int i = 0; i < set.Count; i++)
        {
            int[] counts = new int[4];
            foreach (int colour in NearestColours(set.Read(i)))
            {
                counts[Math.Max(0, colour)] += colour < 0 ? 0 : 1;
            }

            right += (counts.Count(count => count >= 4) == 1) == (set.Label(i) == 1) ? 1 : 0;
        }

        Assert.Equal(set.Count, right);
    }

    [Fact]
    public void Options_WithoutRoom_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DistantMarks(1, 1, new() { Distance = 28 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DistantMarks(1, 1, new() { MarkSize = 4 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DistantMarks(1, 1, new() { Kinds = 1 }));
    }

    // The colour of each pixel that is far from grey, otherwise -1.
    private static int[] NearestColours(Picture picture)
    {
        int[] colours = new int[picture.Width * picture.Height];
        for (int i = 0; i < colours.Length; i++)
        {
            byte[] pixel = picture.Bytes[(3 * i)..((3 * i) + 3)];
            bool grey = pixel.Max() - pixel.Min() < 85;
            colours[i] = grey ? -1 : Enumerable.Range(0, 4).MinBy(k => Enumerable.Range(0, 3).Sum(c => Math.Abs(Colours[k][c] - pixel[c])));
        }

        return colours;
    }

    // Each sample less the pixel's mean: the brightness of the ground would hide the colours from so plain a probe.
    private static int[] Chroma(Picture picture)
    {
        byte[] bytes = picture.Bytes;
        return [.. bytes.Select((sample, i) => sample - ((bytes[i / 3 * 3] + bytes[(i / 3 * 3) + 1] + bytes[(i / 3 * 3) + 2]) / 3))];
    }

    // Projects on the difference of the classes' means over the first half; the share of the second half it gets right.
    private static double MeanProbe(DistantMarks set, Func<int, int> label)
    {
        int half = set.Count / 2;
        double[][] means = [new double[3072], new double[3072]];
        int[] counts = new int[2];
        for (int i = 0; i < half; i++)
        {
            int[] chroma = Chroma(set.Read(i));
            counts[label(i)]++;
            for (int k = 0; k < chroma.Length; k++)
            {
                means[label(i)][k] += chroma[k];
            }
        }

        double threshold = 0;
        double[] weights = new double[3072];
        for (int k = 0; k < weights.Length; k++)
        {
            (double zero, double one) = (means[0][k] / counts[0], means[1][k] / counts[1]);
            weights[k] = one - zero;
            threshold += weights[k] * (one + zero) / 2;
        }

        double[] right = new double[2];
        int[] tested = new int[2];
        for (int i = half; i < set.Count; i++)
        {
            double sum = -threshold;
            int[] chroma = Chroma(set.Read(i));
            for (int k = 0; k < chroma.Length; k++)
            {
                sum += weights[k] * chroma[k];
            }

            tested[label(i)]++;
            right[label(i)] += (sum > 0 ? 1 : 0) == label(i) ? 1 : 0;
        }

        return ((right[0] / tested[0]) + (right[1] / tested[1])) / 2;
    }
}
