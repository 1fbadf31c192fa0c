using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Copies parts of matrices into panels [k, lanes], the order in which <see cref="MicroKernel"/> reads them. A lane is a row of a left
/// matrix or a column of a right one. Lanes that do not exist become zeros.
/// </summary>
internal static unsafe class PanelPacking
{
    // Maps lie in the farthest cache or beyond it, and a copy reads faster than their lines arrive, so they are asked for long before, into
    // the second-level cache: steps that lie far apart by so many steps, lanes that are turned by about so many floats.
    private const int StepsAhead = 64;
    private const int FloatsAhead = 12 << 10;
    private const int LanesAtOnce = 128;
    private const int MostPanelsAtOnce = 8;
    private const int MostLanes = 32;

    /// <summary>
    /// Packs <paramref name="lanes"/> lanes of a matrix into panels of <paramref name="panelLanes"/>, one panel after the other.
    /// </summary>
    /// <param name="from">Lane 0 at k = 0.</param>
    /// <param name="laneStride">Floats from lane to lane; this or <paramref name="step"/> should be 1.</param>
    /// <param name="step">Floats from k to k.</param>
    /// <param name="lanes">How many lanes there are.</param>
    /// <param name="k">The inner length.</param>
    /// <param name="panelLanes">Lanes of a panel: 4, 6, 8, 12 or two registers.</param>
    /// <param name="to">Panels, each <paramref name="panelStride"/> floats after the one before.</param>
    /// <param name="panelStride">At least k·panelLanes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack<T>(float* from, nint laneStride, nint step, int lanes, int k, int panelLanes, float* to, nint panelStride)
        where T : unmanaged, ISimd<T>
    {
        int lane = 0;
        int panels = Math.Min(MostPanelsAtOnce, LanesAtOnce / panelLanes);
        float** starts = stackalloc float*[MostLanes];
        nint ahead = laneStride * Math.Max(panelLanes, FloatsAhead / Math.Max(1, k * panelLanes) * panelLanes);
        for (; laneStride == 1 && lane + (panels * panelLanes) <= lanes; lane += panels * panelLanes)
        {
            StraightPanels<T>(from + lane, step, k, panels, panelLanes, to, panelStride);
            to += panels * panelStride;
        }

        for (; lane < lanes; lane += panelLanes)
        {
            int count = Math.Min(panelLanes, lanes - lane);
            float* first = from + (lane * laneStride);
            if (count < panelLanes || (laneStride != 1 && step != 1))
            {
                Scattered(first, laneStride, step, count, k, panelLanes, to);
            }
            else if (laneStride == 1)
            {
                StraightPanels<T>(first, step, k, 1, panelLanes, to, panelStride);
            }
            else
            {
                for (int i = 0; i < panelLanes; i++)
                {
                    starts[i] = first + (i * laneStride);
                }

                Turn(starts, k, panelLanes, to, ahead);
            }

            to += panelStride;
        }
    }

    /// <summary>A full panel whose lanes are contiguous along k.</summary>
    /// <param name="lanes">Where each of the panel's lanes begins.</param>
    /// <param name="k">Length of the lanes.</param>
    /// <param name="panelLanes">Lanes of the panel: a multiple of 2, 4 at least.</param>
    /// <param name="to">The panel.</param>
    /// <param name="toNext">Floats from these lanes to the ones that are wanted next; 0: not known.</param>
    /// <remarks>
    /// A cache line of every lane at a time: what is read is used whole, and what is written, [16, lanes], stays in the nearest cache until
    /// it is complete, although the lanes may lie so that they share a set of the cache.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Turn(float** lanes, int k, int panelLanes, float* to, nint toNext = 0)
    {
        for (int p = 0; p < k; p += CachePrefetch.Line, to += CachePrefetch.Line * panelLanes)
        {
            int length = Math.Min(CachePrefetch.Line, k - p);
            for (int lane = 0; lane < panelLanes; lane += 4)
            {
                // The last group of four overlaps the one before when the panel is no multiple of four.
                int group = Math.Min(lane, panelLanes - 4);
                TurnFour(lanes + group, p, length, panelLanes, to + group, toNext);
            }
        }
    }

    // Four lanes from k = p on, into lanes 0 to 3 of a panel: 4×4 blocks are turned in registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnFour(float** lanes, int p, int length, int panelLanes, float* to, nint toNext)
    {
        float* lane0 = lanes[0] + p;
        float* lane1 = lanes[1] + p;
        float* lane2 = lanes[2] + p;
        float* lane3 = lanes[3] + p;
        if (toNext != 0)
        {
            CachePrefetch.Second(lane0 + toNext);
            CachePrefetch.Second(lane1 + toNext);
            CachePrefetch.Second(lane2 + toNext);
            CachePrefetch.Second(lane3 + toNext);
        }

        int i = 0;
        for (; i + 4 <= length; i += 4)
        {
            Vector128<float> a = Vector128.Load(lane0 + i);
            Vector128<float> b = Vector128.Load(lane1 + i);
            Vector128<float> c = Vector128.Load(lane2 + i);
            Vector128<float> d = Vector128.Load(lane3 + i);
            Vector128<float> ac = ZipLow(a, c);
            Vector128<float> bd = ZipLow(b, d);
            Vector128<float> acHigh = ZipHigh(a, c);
            Vector128<float> bdHigh = ZipHigh(b, d);
            ZipLow(ac, bd).Store(to);
            ZipHigh(ac, bd).Store(to + panelLanes);
            ZipLow(acHigh, bdHigh).Store(to + (2 * panelLanes));
            ZipHigh(acHigh, bdHigh).Store(to + (3 * panelLanes));
            to += 4 * panelLanes;
        }

        for (; i < length; i++)
        {
            to[0] = lane0[i];
            to[1] = lane1[i];
            to[2] = lane2[i];
            to[3] = lane3[i];
            to += panelLanes;
        }
    }

    /// <summary>
    /// Deals one k of many lanes, which lie side by side, out to panels of 6, 8 or 12 lanes; lanes that do not exist become zeros.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Deal(float* from, int lanes, int panelLanes, float* to, nint panelStride)
    {
        int lane = 0;
        for (; lane + panelLanes <= lanes; lane += panelLanes)
        {
            CopyLanes(from + lane, panelLanes, to);
            to += panelStride;
        }

        if (lane < lanes)
        {
            for (int i = 0; i < panelLanes; i++)
            {
                to[i] = lane + i < lanes ? from[lane + i] : 0;
            }
        }
    }

    // 6, 8 or 12 floats: the last four overlap the ones before when the number is no multiple of four.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyLanes(float* from, int lanes, float* to)
    {
        Vector128.Load(from).Store(to);
        if (lanes > 8)
        {
            Vector128.Load(from + 4).Store(to + 4);
        }

        Vector128.Load(from + lanes - 4).Store(to + lanes - 4);
    }

    // Full panels whose lanes lie side by side: a longer stretch of each row is read before the next, which may lie pages away.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StraightPanels<T>(float* from, nint step, int k, int panels, int panelLanes, float* to, nint panelStride)
        where T : unmanaged, ISimd<T>
    {
        for (int p = 0; p < k; p++)
        {
            CachePrefetch.Second(from + (StepsAhead * step), panels * panelLanes);
            float* source = from;
            float* target = to;
            for (int panel = 0; panel < panels; panel++)
            {
                if (panelLanes == 2 * T.Width)
                {
                    T.Store(T.Load(source), target);
                    T.Store(T.Load(source + T.Width), target + T.Width);
                }
                else
                {
                    CopyLanes(source, panelLanes, target);
                }

                source += panelLanes;
                target += panelStride;
            }

            from += step;
            to += panelLanes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scattered(float* from, nint laneStride, nint step, int lanes, int k, int panelLanes, float* to)
    {
        for (int p = 0; p < k; p++)
        {
            for (int lane = 0; lane < lanes; lane++)
            {
                to[lane] = from[lane * laneStride];
            }

            for (int lane = lanes; lane < panelLanes; lane++)
            {
                to[lane] = 0;
            }

            from += step;
            to += panelLanes;
        }
    }

    /// <summary>a0 b0 a1 b1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ZipLow(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipLow(a, b)
        : Vector128.Create(a[0], b[0], a[1], b[1]);

    /// <summary>a2 b2 a3 b3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ZipHigh(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.ZipHigh(a, b)
        : Vector128.Create(a[2], b[2], a[3], b[3]);
}
