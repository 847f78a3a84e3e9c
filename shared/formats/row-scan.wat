;; Finds the rows of CSV and the members of JSON lines sixteen bytes at a time, and adds up charges by the bytes of their
;; rows. It takes the plain ones only; what it does not take, TypeScript decides, which also says what it means:
;; csv-scan.ts, json-line-scan.ts, charge-tally.ts.
;;
;; Memory: 0 positions that were found (4,096 ends and at 16384 how many, or 2,048 spans), 16388 number of the key and
;; 16392 of the day that were found last, 16448 the spans of a charge (256 of eight bytes: day, quantity, cost, keys),
;; 18496 where they come from, 22592 two amounts in four groups, 32768 lengths and 49152 slots of the leads of JSON
;; members (4,096 each, four bytes), 65536 the leads themselves (64 bytes each), 327680 the text, 1441792 keys, to the
;; end. Positions count from the text. Sixteen bytes beyond the text may be looked at.
(module
  (memory (export "memory") 26)

  ;; Open addressing, at most half full: hash and address of a record, four bytes each; 0 where there is none.
  (global $table (mut i32) (i32.const 1441792))
  (global $slotMask (mut i32) (i32.const 2047))
  (global $records (mut i32) (i32.const 0))
  ;; Where the next record is to be. Its key is put there while it is looked for, so that it is in place if it is new.
  (global $top (export "top") (mut i32) (i32.const 1458176))
  (global $hash (mut i32) (i32.const 0))
  (global $keyBytes (mut i32) (i32.const 0))
  ;; The record and the bit of the day that were found last.
  (global $found (mut i32) (i32.const 0))
  (global $dayBit (mut i32) (i32.const 0))

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
    (unreachable))

  ;; A record: 0 number, 4 bytes of its key, 8 rows, 12 bits of days, 16 month and 20 bit of a day, 32 four groups of the
  ;; quantity, 64 of the cost (eight bytes each), 96 the key: its tag and the lengths of its spans, four bytes each, then
  ;; the spans, filled up with zeros to whole blocks of sixteen bytes.

  ;; Puts the key of $count spans at $spans where the next record is to have it. 0 where there is no room.
  (func $key (param $spans i32) (param $count i32) (param $tag i32) (result i32)
    (local $at i32) (local $lengthAt i32) (local $room i32) (local $from i32) (local $left i32) (local $keyAt i32)
    (local $even i64) (local $odd i64)
    (local.set $keyAt (i32.add (global.get $top) (i32.const 96)))
    (local.set $room (i32.shl (memory.size) (i32.const 16)))
    (local.set $at (i32.add (i32.add (local.get $keyAt) (i32.shl (local.get $count) (i32.const 2))) (i32.const 4)))
    (if (i32.ge_u (i32.add (local.get $at) (i32.const 64)) (local.get $room)) (then (return (i32.const 0))))
    (i32.store (local.get $keyAt) (local.get $tag))
    (local.set $lengthAt (i32.add (local.get $keyAt) (i32.const 4)))
    (block $copied
      (loop $next
        (br_if $copied (i32.eqz (local.get $count)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (local.set $from (i32.load (local.get $spans)))
        (local.set $left (i32.sub (i32.load offset=4 (local.get $spans)) (local.get $from)))
        (local.set $spans (i32.add (local.get $spans) (i32.const 8)))
        (i32.store (local.get $lengthAt) (local.get $left))
        (local.set $lengthAt (i32.add (local.get $lengthAt) (i32.const 4)))
        (if (i32.ge_u (i32.add (i32.add (local.get $at) (local.get $left)) (i32.const 64)) (local.get $room))
          (then (return (i32.const 0))))
        ;; What a block has beyond the span, the next one overwrites.
        (loop $blocks
          (v128.store (local.get $at) (v128.load offset=327680 (local.get $from)))
          (if (i32.gt_s (local.get $left) (i32.const 16)) (then
            (local.set $at (i32.add (local.get $at) (i32.const 16)))
            (local.set $from (i32.add (local.get $from) (i32.const 16)))
            (local.set $left (i32.sub (local.get $left) (i32.const 16)))
            (br $blocks))))
        (local.set $at (i32.add (local.get $at) (local.get $left)))
        (br $next)))
    (v128.store (local.get $at) (v128.const i64x2 0 0))
    (local.set $at (i32.and (i32.add (local.get $at) (i32.const 15)) (i32.const -16)))
    (global.set $keyBytes (i32.sub (local.get $at) (local.get $keyAt)))
    (local.set $room (local.get $at))
    (local.set $at (local.get $keyAt))
    (loop $blocks
      (local.set $even (i64.rotl (i64.mul (i64.xor (local.get $even) (i64.load (local.get $at)))
                                          (i64.const 0x9e3779b97f4a7c15)) (i64.const 32)))
      (local.set $odd (i64.rotl (i64.mul (i64.xor (local.get $odd) (i64.load offset=8 (local.get $at)))
                                         (i64.const 0xbf58476d1ce4e5b9)) (i64.const 32)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $blocks (i32.lt_u (local.get $at) (local.get $room))))
    (local.set $even (i64.mul (i64.xor (local.get $even) (i64.rotl (local.get $odd) (i64.const 17)))
                              (i64.const 0x9e3779b97f4a7c15)))
    (global.set $hash (i32.wrap_i64 (i64.shr_u (local.get $even) (i64.const 32))))
    (i32.const 1))

  ;; The record of the key that was put; 0 where there is none.
  (func $find (result i32)
    (local $slot i32) (local $record i32) (local $left i32) (local $same i32) (local $key i32)
    (local.set $slot (global.get $hash))
    (loop $slots
      (local.set $slot (i32.and (local.get $slot) (global.get $slotMask)))
      (local.set $record (i32.load offset=4 (i32.add (global.get $table) (i32.shl (local.get $slot) (i32.const 3)))))
      (if (i32.eqz (local.get $record)) (then (return (i32.const 0))))
      (local.set $same (i32.and
        (i32.eq (i32.load (i32.add (global.get $table) (i32.shl (local.get $slot) (i32.const 3)))) (global.get $hash))
        (i32.eq (i32.load offset=4 (local.get $record)) (global.get $keyBytes))))
      (if (local.get $same) (then
        (local.set $left (global.get $keyBytes))
        (local.set $key (global.get $top))
        (block $differs
          (loop $blocks
            (local.set $left (i32.sub (local.get $left) (i32.const 16)))
            (br_if $differs (v128.any_true (v128.xor
              (v128.load offset=96 (i32.add (local.get $record) (local.get $left)))
              (v128.load offset=96 (i32.add (local.get $key) (local.get $left))))))
            (br_if $blocks (local.get $left)))
          (return (local.get $record)))))
      (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
      (br $slots))
    (unreachable))

  (func $place (param $record i32) (param $hash i32)
    (local $slot i32) (local $at i32)
    (local.set $slot (local.get $hash))
    (loop $slots
      (local.set $at (i32.add (global.get $table)
        (i32.shl (i32.and (local.get $slot) (global.get $slotMask)) (i32.const 3))))
      (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
      (br_if $slots (i32.load offset=4 (local.get $at))))
    (i32.store (local.get $at) (local.get $hash))
    (i32.store offset=4 (local.get $at) (local.get $record)))

  ;; Makes the key that was put a record. Its address; 0 where there is no room for a table that has to be larger then.
  (func $insert (param $number i32) (result i32)
    (local $record i32) (local $old i32) (local $oldEnd i32) (local $bytes i32) (local $after i32)
    (local.set $record (global.get $top))
    (local.set $after (i32.add (i32.add (local.get $record) (i32.const 96)) (global.get $keyBytes)))
    (if (i32.gt_u (i32.shl (i32.add (global.get $records) (i32.const 1)) (i32.const 1)) (global.get $slotMask)) (then
      (local.set $old (global.get $table))
      (local.set $oldEnd (i32.add (local.get $old)
        (i32.shl (i32.add (global.get $slotMask) (i32.const 1)) (i32.const 3))))
      (local.set $bytes (i32.shl (i32.sub (local.get $oldEnd) (local.get $old)) (i32.const 1)))
      (if (i32.ge_u (i32.add (i32.add (local.get $after) (local.get $bytes)) (i32.const 64))
                    (i32.shl (memory.size) (i32.const 16)))
        (then (return (i32.const 0))))
      (memory.fill (local.get $after) (i32.const 0) (local.get $bytes))
      (global.set $table (local.get $after))
      (global.set $slotMask (i32.sub (i32.shr_u (local.get $bytes) (i32.const 3)) (i32.const 1)))
      (local.set $after (i32.add (local.get $after) (local.get $bytes)))
      (loop $slots
        (if (i32.load offset=4 (local.get $old)) (then
          (call $place (i32.load offset=4 (local.get $old)) (i32.load (local.get $old)))))
        (local.set $old (i32.add (local.get $old) (i32.const 8)))
        (br_if $slots (i32.lt_u (local.get $old) (local.get $oldEnd))))))
    (memory.fill (local.get $record) (i32.const 0) (i32.const 96))
    (i32.store (local.get $record) (local.get $number))
    (i32.store offset=4 (local.get $record) (global.get $keyBytes))
    (call $place (local.get $record) (global.get $hash))
    (global.set $records (i32.add (global.get $records) (i32.const 1)))
    (global.set $top (local.get $after))
    (local.get $record))

  (func (export "forgetKeys")
    (global.set $table (i32.const 1441792))
    (global.set $slotMask (i32.const 2047))
    (global.set $records (i32.const 0))
    (global.set $top (i32.const 1458176))
    (memory.fill (i32.const 1441792) (i32.const 0) (i32.const 16384)))

  ;; Remembers the day of the charge at hand: 1 where it is new, 0 where it is known, -1 where there is no room.
  (func (export "learnDay") (param $number i32) (param $month i32) (param $bit i32) (result i32)
    (local $record i32)
    (if (i32.eqz (call $key (i32.const 16448) (i32.const 1) (i32.const -1))) (then (return (i32.const -1))))
    (if (call $find) (then (return (i32.const 0))))
    (local.set $record (call $insert (local.get $number)))
    (if (i32.eqz (local.get $record)) (then (return (i32.const -1))))
    (i32.store offset=16 (local.get $record) (local.get $month))
    (i32.store offset=20 (local.get $record) (local.get $bit))
    (i32.const 1))

  ;; Remembers the key of the charge at hand. The address of its record where it is new; 0 where it is known; -1 where
  ;; there is no room, or it $isFull.
  (func (export "learnKey") (param $number i32) (param $spans i32) (param $month i32) (param $isFull i32) (result i32)
    (local $record i32)
    (if (i32.eqz (call $key (i32.const 16472) (local.get $spans) (local.get $month))) (then (return (i32.const -1))))
    (local.set $record (call $find))
    (if (local.get $record) (then
      (i32.store offset=16388 (i32.const 0) (i32.load (local.get $record)))
      (return (i32.const 0))))
    (if (local.get $isFull) (then (return (i32.const -1))))
    (local.set $record (call $insert (local.get $number)))
    (if (i32.eqz (local.get $record)) (then (return (i32.const -1))))
    (i32.store offset=16388 (i32.const 0) (local.get $number))
    (local.get $record))

  ;; Reads the decimal of a span, with or without quotes, into four groups of nine digits at $to, the whole part and 27
  ;; places, all of its sign. 0 where there is none, or one that does not fit.
  (func $amount (param $span i32) (param $to i32) (result i32)
    (local $at i32) (local $end i32) (local $byte i32) (local $sign i64) (local $group i64) (local $start i32)
    (local $groups i32) (local $places i32)
    (local.set $at (i32.load (local.get $span)))
    (local.set $end (i32.load offset=4 (local.get $span)))
    (if (i32.ge_s (local.get $at) (local.get $end)) (then (return (i32.const 0))))
    (if (i32.eq (i32.load8_u offset=327680 (local.get $at)) (i32.const 34)) (then
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $end (i32.sub (local.get $end) (i32.const 1)))
      (if (i32.ge_s (local.get $at) (local.get $end)) (then (return (i32.const 0))))))
    (local.set $byte (i32.load8_u offset=327680 (local.get $at)))
    (local.set $sign (i64.const 1))
    (if (i32.eq (local.get $byte) (i32.const 45)) (then
      (local.set $sign (i64.const -1))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))))
    (if (i32.eq (local.get $byte) (i32.const 43)) (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
    (local.set $start (local.get $at))
    (block $wholeRead
      (loop $digits
        (br_if $wholeRead (i32.ge_s (local.get $at) (local.get $end)))
        (local.set $byte (i32.sub (i32.load8_u offset=327680 (local.get $at)) (i32.const 48)))
        (br_if $wholeRead (i32.gt_u (local.get $byte) (i32.const 9)))
        (local.set $group (i64.add (i64.mul (local.get $group) (i64.const 10)) (i64.extend_i32_u (local.get $byte))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $digits)))
    ;; One digit to nine.
    (if (i32.gt_u (i32.sub (i32.sub (local.get $at) (local.get $start)) (i32.const 1)) (i32.const 8))
      (then (return (i32.const 0))))
    (i64.store (local.get $to) (i64.mul (local.get $group) (local.get $sign)))
    (if (i32.lt_s (local.get $at) (local.get $end)) (then
      (if (i32.ne (local.get $byte) (i32.const -2)) (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.gt_u (i32.sub (i32.sub (local.get $end) (local.get $at)) (i32.const 1)) (i32.const 26))
        (then (return (i32.const 0))))))
    (local.set $groups (i32.const 3))
    (loop $nextGroup
      (local.set $group (i64.const 0))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (if (i32.lt_s (local.get $at) (local.get $end)) (then
        (local.set $places (i32.const 9))
        (loop $digits
          (local.set $group (i64.mul (local.get $group) (i64.const 10)))
          (if (i32.lt_s (local.get $at) (local.get $end)) (then
            (local.set $byte (i32.sub (i32.load8_u offset=327680 (local.get $at)) (i32.const 48)))
            (if (i32.gt_u (local.get $byte) (i32.const 9)) (then (return (i32.const 0))))
            (local.set $group (i64.add (local.get $group) (i64.extend_i32_u (local.get $byte))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))))
          (local.set $places (i32.sub (local.get $places) (i32.const 1)))
          (br_if $digits (local.get $places)))))
      (i64.store (local.get $to) (i64.mul (local.get $group) (local.get $sign)))
      (local.set $groups (i32.sub (local.get $groups) (i32.const 1)))
      (br_if $nextGroup (local.get $groups)))
    (i32.const 1))

  ;; Adds four groups at $from to those at $to. Each is below 10^9: there is room for nine thousand million rows.
  (func $addGroups (param $to i32) (param $from i32)
    (v128.store (local.get $to) (i64x2.add (v128.load (local.get $to)) (v128.load (local.get $from))))
    (v128.store offset=16 (local.get $to)
      (i64x2.add (v128.load offset=16 (local.get $to)) (v128.load offset=16 (local.get $from)))))

  ;; Counts a row where the one that was found last belongs.
  (func $countRow (export "countRow")
    (i32.store offset=8 (global.get $found) (i32.add (i32.load offset=8 (global.get $found)) (i32.const 1)))
    (i32.store offset=12 (global.get $found) (i32.or (i32.load offset=12 (global.get $found)) (global.get $dayBit))))

  ;; Adds the charge whose spans are at 16448, $spans of them its key's. The number of its key; -1 where its day or its
  ;; key is not known; -2 where an amount does not fit, and nothing is added or counted.
  (func $charge (export "charge") (param $spans i32) (result i32)
    (local $day i32) (local $record i32)
    (if (i32.eqz (call $key (i32.const 16448) (i32.const 1) (i32.const -1))) (then (return (i32.const -1))))
    (local.set $day (call $find))
    (if (i32.eqz (local.get $day)) (then (return (i32.const -1))))
    (if (i32.eqz (call $key (i32.const 16472) (local.get $spans) (i32.load offset=16 (local.get $day))))
      (then (return (i32.const -1))))
    (local.set $record (call $find))
    (if (i32.eqz (local.get $record)) (then (return (i32.const -1))))
    (i32.store offset=16388 (i32.const 0) (i32.load (local.get $record)))
    (i32.store offset=16392 (i32.const 0) (i32.load (local.get $day)))
    (global.set $found (local.get $record))
    (global.set $dayBit (i32.load offset=20 (local.get $day)))
    (if (i32.eqz (call $amount (i32.const 16456) (i32.const 22592))) (then (return (i32.const -2))))
    (if (i32.eqz (call $amount (i32.const 16464) (i32.const 22624))) (then (return (i32.const -2))))
    (call $addGroups (i32.add (local.get $record) (i32.const 32)) (i32.const 22592))
    (call $addGroups (i32.add (local.get $record) (i32.const 64)) (i32.const 22624))
    (call $countRow)
    (i32.load (local.get $record)))

  ;; Puts the spans of a row of CSV that begins at $start: of first and last column of each, at 18496.
  (func (export "csvSpans") (param $start i32) (param $count i32)
    (local $from i32) (local $to i32) (local $end i32) (local $column i32)
    (local.set $from (i32.const 18496))
    (local.set $to (i32.const 16448))
    (local.set $end (i32.add (local.get $to) (i32.shl (local.get $count) (i32.const 3))))
    (loop $spans
      (local.set $column (i32.load (local.get $from)))
      (i32.store (local.get $to) (if (result i32) (local.get $column)
        (then (i32.add (i32.load (i32.sub (i32.shl (local.get $column) (i32.const 2)) (i32.const 4))) (i32.const 1)))
        (else (local.get $start))))
      (i32.store offset=4 (local.get $to) (i32.load (i32.shl (i32.load offset=4 (local.get $from)) (i32.const 2))))
      (local.set $from (i32.add (local.get $from) (i32.const 8)))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (br_if $spans (i32.lt_u (local.get $to) (local.get $end)))))

  ;; Puts the spans of a line of JSON: of each field the first of its names that the line has, none where it has none. At
  ;; 18496 stand, for each field, how many names it has and the slots of them.
  (func (export "jsonSpans") (param $count i32)
    (local $from i32) (local $to i32) (local $end i32) (local $names i32) (local $slot i32) (local $span i64)
    (local.set $from (i32.const 18496))
    (local.set $to (i32.const 16448))
    (local.set $end (i32.add (local.get $to) (i32.shl (local.get $count) (i32.const 3))))
    (loop $spans
      (local.set $names (i32.load (local.get $from)))
      (local.set $from (i32.add (local.get $from) (i32.const 4)))
      (local.set $span (i64.const 0))
      (block $done
        (loop $candidates
          (br_if $done (i32.eqz (local.get $names)))
          (local.set $slot (i32.shl (i32.load (local.get $from)) (i32.const 3)))
          (local.set $from (i32.add (local.get $from) (i32.const 4)))
          (local.set $names (i32.sub (local.get $names) (i32.const 1)))
          (br_if $candidates (i32.eq (i32.load (local.get $slot)) (i32.const -1)))
          (local.set $span (i64.load (local.get $slot)))
          (local.set $from (i32.add (local.get $from) (i32.shl (local.get $names) (i32.const 2))))))
      (i64.store (local.get $to) (local.get $span))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (br_if $spans (i32.lt_u (local.get $to) (local.get $end))))))
