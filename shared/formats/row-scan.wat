;; Finds the rows of CSV and the members of JSON lines sixteen bytes at a time. It takes the plain ones only; what it does
;; not take, the scanners in TypeScript decide, which also say what it means: csv-scan.ts, json-line-scan.ts.
;;
;; Memory: 0 positions that were found (4,096 ends and at 16384 how many, or 4,096 spans), 32768 lengths and 49152 slots of the leads of JSON
;; members (4,096 each, four bytes), 65536 the leads themselves (64 bytes each), 327680 the text. Positions count from
;; the text. Sixteen bytes beyond the text may be looked at.
(module
  (memory (export "memory") 22)

  ;; The line end of the row of CSV that begins at $at; -1 where it is not whole, or has more to it than values with or
  ;; without quotes. The ends of its values are stored, and how many there are.
  (func (export "csvRow") (param $at i32) (param $end i32) (result i32)
    (local $start i32) (local $slot i32) (local $bits i32) (local $pos i32) (local $byte i32) (local $block v128)
    (local.set $start (local.get $at))
    (loop $blocks
      (if (i32.ge_s (local.get $at) (local.get $end)) (then (return (i32.const -1))))
      (local.set $block (v128.load offset=327680 (local.get $at)))
      (local.set $bits (i8x16.bitmask (v128.or
        (v128.or (i8x16.eq (local.get $block) (i8x16.splat (i32.const 44)))
                 (i8x16.eq (local.get $block) (i8x16.splat (i32.const 34))))
        (v128.or (i8x16.eq (local.get $block) (i8x16.splat (i32.const 10)))
                 (i8x16.eq (local.get $block) (i8x16.splat (i32.const 13)))))))
      (loop $marks
        (if (i32.eqz (local.get $bits)) (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $blocks)))
        (local.set $pos (i32.add (local.get $at) (i32.ctz (local.get $bits))))
        (if (i32.ge_s (local.get $pos) (local.get $end)) (then (return (i32.const -1))))
        (local.set $bits (i32.and (local.get $bits) (i32.sub (local.get $bits) (i32.const 1))))
        (local.set $byte (i32.load8_u offset=327680 (local.get $pos)))
        (if (i32.eq (local.get $byte) (i32.const 44)) (then
          (if (i32.ge_u (local.get $slot) (i32.const 16380)) (then (return (i32.const -1))))
          (i32.store (local.get $slot) (local.get $pos))
          (local.set $slot (i32.add (local.get $slot) (i32.const 4)))
          (local.set $start (i32.add (local.get $pos) (i32.const 1)))
          (br $marks)))
        (if (i32.ne (local.get $byte) (i32.const 34)) (then
          (i32.store (local.get $slot) (local.get $pos))
          (i32.store offset=16384 (i32.const 0) (i32.add (i32.shr_u (local.get $slot) (i32.const 2)) (i32.const 1)))
          (return (local.get $pos))))
        ;; A quote: it must begin the value, and end it before a comma or the line end.
        (if (i32.ne (local.get $pos) (local.get $start)) (then (return (i32.const -1))))
        (local.set $at (i32.add (local.get $pos) (i32.const 1)))
        (loop $quoted
          (if (i32.ge_s (local.get $at) (local.get $end)) (then (return (i32.const -1))))
          (local.set $block (v128.load offset=327680 (local.get $at)))
          (local.set $bits (i8x16.bitmask (v128.or
            (i8x16.eq (local.get $block) (i8x16.splat (i32.const 34)))
            (v128.or (i8x16.eq (local.get $block) (i8x16.splat (i32.const 10)))
                     (i8x16.eq (local.get $block) (i8x16.splat (i32.const 13)))))))
          (if (i32.eqz (local.get $bits)) (then
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (br $quoted)))
          (local.set $at (i32.add (local.get $at) (i32.add (i32.ctz (local.get $bits)) (i32.const 1))))
          (if (i32.ge_s (local.get $at) (local.get $end)) (then (return (i32.const -1))))
          (if (i32.ne (i32.load8_u offset=327679 (local.get $at)) (i32.const 34)) (then (return (i32.const -1))))
          (local.set $byte (i32.load8_u offset=327680 (local.get $at)))
          (if (i32.eq (local.get $byte) (i32.const 34)) (then
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $quoted))))
        (br_if $blocks (i32.eq (local.get $byte) (i32.const 44)))
        (br_if $blocks (i32.eq (local.get $byte) (i32.const 10)))
        (br_if $blocks (i32.eq (local.get $byte) (i32.const 13)))
        (return (i32.const -1)))
      (unreachable))
    (unreachable))

  ;; The position after the string whose opening quote is at $at; -1 where there is none, or it has an escape with u.
  (func $stringEnd (param $at i32) (param $end i32) (result i32)
    (local $bits i32) (local $byte i32) (local $block v128)
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (loop $blocks
      (if (i32.ge_s (local.get $at) (local.get $end)) (then (return (i32.const -1))))
      (local.set $block (v128.load offset=327680 (local.get $at)))
      (local.set $bits (i8x16.bitmask (v128.or
        (i8x16.lt_u (local.get $block) (i8x16.splat (i32.const 32)))
        (v128.or (i8x16.eq (local.get $block) (i8x16.splat (i32.const 34)))
                 (i8x16.eq (local.get $block) (i8x16.splat (i32.const 92)))))))
      (if (i32.eqz (local.get $bits)) (then
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $blocks)))
      (local.set $at (i32.add (local.get $at) (i32.add (i32.ctz (local.get $bits)) (i32.const 1))))
      (if (i32.gt_s (local.get $at) (local.get $end)) (then (return (i32.const -1))))
      (local.set $byte (i32.load8_u offset=327679 (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 34)) (then (return (local.get $at))))
      (if (i32.ne (local.get $byte) (i32.const 92)) (then (return (i32.const -1))))
      (if (i32.ge_s (local.get $at) (local.get $end)) (then (return (i32.const -1))))
      (local.set $byte (i32.load8_u offset=327680 (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 34)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 92)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 47)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 98)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 102)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 110)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 114)))
      (br_if $blocks (i32.eq (local.get $byte) (i32.const 116))))
    (i32.const -1))

  (func $digitsEnd (param $at i32) (param $end i32) (result i32)
    (loop $digits
      (if (i32.ge_s (local.get $at) (local.get $end)) (then (return (local.get $at))))
      (if (i32.gt_u (i32.sub (i32.load8_u offset=327680 (local.get $at)) (i32.const 48)) (i32.const 9))
        (then (return (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $digits))
    (unreachable))

  ;; The position after the number at $at; -1 where there is none. One with an exponent ends before it, where no comma is.
  (func $numberEnd (param $at i32) (param $end i32) (result i32)
    (local $whole i32)
    (if (i32.eq (i32.load8_u offset=327680 (local.get $at)) (i32.const 45))
      (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
    (local.set $whole (local.get $at))
    (local.set $at (call $digitsEnd (local.get $at) (local.get $end)))
    (if (i32.eq (local.get $at) (local.get $whole)) (then (return (i32.const -1))))
    (if (i32.gt_s (i32.sub (local.get $at) (local.get $whole)) (i32.const 1)) (then
      (if (i32.eq (i32.load8_u offset=327680 (local.get $whole)) (i32.const 48)) (then (return (i32.const -1))))))
    (if (i32.ge_s (local.get $at) (local.get $end)) (then (return (local.get $at))))
    (if (i32.ne (i32.load8_u offset=327680 (local.get $at)) (i32.const 46)) (then (return (local.get $at))))
    (local.set $whole (i32.add (local.get $at) (i32.const 1)))
    (local.set $at (call $digitsEnd (local.get $whole) (local.get $end)))
    (if (i32.eq (local.get $at) (local.get $whole)) (then (return (i32.const -1))))
    (local.get $at))

  ;; Whether the line of JSON from $at to $end has its members led as the line before, and plain values. The spans of
  ;; those with a slot are stored; $spansBytes is how much of the memory they take.
  (func (export "jsonLine") (param $at i32) (param $end i32) (param $spansBytes i32) (result i32)
    (local $place i32) (local $length i32) (local $lead i32) (local $done i32) (local $slot i32) (local $byte i32)
    (local $valueEnd i32)
    (memory.fill (i32.const 0) (i32.const 255) (local.get $spansBytes))
    (loop $members
      (if (i32.ge_u (local.get $place) (i32.const 16384)) (then (return (i32.const 0))))
      (local.set $length (i32.load offset=32768 (local.get $place)))
      (if (i32.eqz (local.get $length)) (then (return (i32.const 0))))
      ;; The lead and at least one byte of value.
      (if (i32.ge_s (i32.add (local.get $at) (local.get $length)) (local.get $end)) (then (return (i32.const 0))))
      (local.set $lead (i32.shl (local.get $place) (i32.const 4)))
      (local.set $done (i32.const 0))
      (loop $same
        ;; Bytes beyond the lead count as the same.
        (if (i32.ne (i32.const 65535)
              (i32.and (i32.const 65535)
                (i32.or
                  (i8x16.bitmask (i8x16.eq
                    (v128.load offset=327680 (i32.add (local.get $at) (local.get $done)))
                    (v128.load offset=65536 (i32.add (local.get $lead) (local.get $done)))))
                  (select
                    (i32.shl (i32.const -1) (i32.sub (local.get $length) (local.get $done)))
                    (i32.const 0)
                    (i32.lt_s (i32.sub (local.get $length) (local.get $done)) (i32.const 16))))))
          (then (return (i32.const 0))))
        (local.set $done (i32.add (local.get $done) (i32.const 16)))
        (br_if $same (i32.lt_s (local.get $done) (local.get $length))))
      (local.set $at (i32.add (local.get $at) (local.get $length)))
      (local.set $byte (i32.load8_u offset=327680 (local.get $at)))
      (if (i32.eq (local.get $byte) (i32.const 34))
        (then (local.set $valueEnd (call $stringEnd (local.get $at) (local.get $end))))
        (else (if (i32.eq (local.get $byte) (i32.const 110))
          (then
            (if (i32.ne (i32.load offset=327680 (local.get $at)) (i32.const 0x6c6c756e))
              (then (return (i32.const 0))))
            (local.set $valueEnd (i32.add (local.get $at) (i32.const 4))))
          (else (local.set $valueEnd (call $numberEnd (local.get $at) (local.get $end)))))))
      (if (i32.eq (local.get $valueEnd) (i32.const -1)) (then (return (i32.const 0))))
      (if (i32.ge_s (local.get $valueEnd) (local.get $end)) (then (return (i32.const 0))))
      (local.set $slot (i32.load offset=49152 (local.get $place)))
      (if (i32.ge_s (local.get $slot) (i32.const 0)) (then
        (local.set $slot (i32.shl (local.get $slot) (i32.const 3)))
        (if (i32.ne (i32.load (local.get $slot)) (i32.const -1)) (then (return (i32.const 0))))
        (i32.store (local.get $slot) (local.get $at))
        (i32.store offset=4 (local.get $slot) (local.get $valueEnd))))
      (local.set $at (local.get $valueEnd))
      (if (i32.eq (i32.load8_u offset=327680 (local.get $at)) (i32.const 125)) (then
        (return (i32.eq (i32.add (local.get $at) (i32.const 1)) (local.get $end)))))
      (local.set $place (i32.add (local.get $place) (i32.const 4)))
      (br $members))
    (unreachable)))
